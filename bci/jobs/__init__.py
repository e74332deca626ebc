"""Independent jobs, done in this process, in several, or on a cluster; results as they come.

`workers` names the processes, `local` runs jobs on this machine, `cluster` on Ray.
"""

"""Run independent jobs in this process, in several processes, or on a Ray cluster.

- workers: settings of the processes, and the function that runs jobs
- local: jobs in several processes of this computer
- cluster: jobs on a Ray cluster
"""

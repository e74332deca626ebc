"""Files that users write, and output files of long computations.

- plain_yaml: YAML without aliases, tags or implicit types
- writable: checks before a computation that its output can be written
"""

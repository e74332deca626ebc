"""Files that users write or that long work ends in.

- plain_yaml: YAML without surprises
- writable: whether a place can be written, before the work begins
"""

"""Training across sites: recordings stay at theirs, changes of the shared layers travel.

- agreement: the file that all partners share
- messages: everything that may cross a wire
- state_file: states on disk
- site: one site's training rounds
- participant: a site's recordings, its answers, its model
- rounds: rounds at the server, and their state on disk
- flare: both ends as components of NVIDIA FLARE
- policy: the one job that a start-up kit's process may run
- deployment: processes of FLARE, from start-up kit to result
"""

"""Federated training: sites send changes of shared layers and keep their recordings.

- agreement: the file that all partners share
- messages: all data that are sent between sites and server
- state_file: states on disk
- site: one site's training rounds
- participant: a site's recordings, answers and model
- rounds: rounds at the server, and their state on disk
- flare: site and server as components of NVIDIA FLARE
- policy: the only job that a start-up kit's process may run
- deployment: FLARE's processes, from start-up kit to result
"""

"""Remote control over TCP: other programs start and stop recordings and an engine.

LabRecorder's commands are supported; docs/connect/remote.md describes these and further ones.

- server: TCP server with limits
- commands: answers to commands
- file_names: names of recordings, set by LabRecorder's command ``filename``
- recording, engine: the two controlled processes
- child: a process that is monitored and restarted after a crash
"""

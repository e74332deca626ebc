"""Remote control over TCP: another program's text lines start and stop recordings and an engine.

LabRecorder's commands are understood as they are; docs/connect/remote.md describes them and ours.

- server: clients and their lines, bounded
- commands: a line and its answer
- file_names: names of recordings as LabRecorder's ``filename`` sets them
- recording, engine: the two processes that are controlled
- child: a process that is watched, and started again where it crashes
"""

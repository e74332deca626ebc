"""Profiles: the YAML that a user writes.

- profile: stream, task, cues, model and output
- pipeline_settings: filters and windows
- stream_options: names, kinds and units that a stream does not state
- keys: every key with its default
"""

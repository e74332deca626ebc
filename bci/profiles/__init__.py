"""Profiles: the YAML that a user writes.

- profile: stream, task, model and output
- paradigm: markers as cues of trials, and rest
- pipeline_settings: filters and windows
- stimulus: the delay of stimuli, and trigger channels
- speller_settings: grid, flashes and stopping of a speller
- stream_options: names, kinds and units that a stream does not state
- keys: every key with its default
"""

"""Profiles: YAML files with the settings of a session, written by the user.

- profile: stream, task, decoder and output
- paradigm: markers of cues and rest, and the timing of trials
- pipeline_settings: filters and windows
- stimulus: delay of stimuli, and trigger channels
- flicker: targets of SSVEP and c-VEP
- neurofeedback: protocol of neurofeedback
- speller_settings: grid, flashes and stopping of a speller
- stream_options: names, kinds and units of channels that a stream does not state
- keys: list of all keys with their defaults
"""

"""A simulated signal, made block by block, with tasks that leave a trace in it.

- montages: places of the sensors
- sources: rhythms, responses and noise
- scenarios: tasks and their traces
- person: who does the task, at cues of its own or of others
- signal: all of it at every sensor
- simulator: a live device
- subject: recorded runs
"""

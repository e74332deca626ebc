"""A simulated signal, made block by block, with tasks that leave a trace in it.

- montages: places of the sensors
- sources: rhythms, responses and noise
- scenarios: tasks and their traces
- neurofeedback: a task whose rhythm is set
- erp: a speller's flashes and the potentials that they evoke
- person: who does the task, at cues of its own or of others
- signal: all of it at every sensor
- diode: a photodiode that sees the stimuli
- simulator: a live device
- subject: recorded runs
"""

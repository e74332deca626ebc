"""A simulated signal, made block by block, with effects of tasks that decoders can detect.

- montages: positions of the sensors
- sources: rhythms, blinks and noise
- scenarios: tasks and their effects
- neurofeedback: a task with a set alpha amplitude
- erp: a speller's flashes and the evoked potentials
- flicker: responses to flickering targets
- person: simulated person that follows its own or other programs' cues
- signal: the sum of all parts at every sensor
- diode: a photodiode that detects the stimuli
- simulator: a live device
- subject: recorded runs
"""

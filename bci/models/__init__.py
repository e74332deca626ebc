"""Models and their folders: a readable card and plain arrays, never code.

- card: stream, settings, sources and score of a model
- bundle: reading and writing of model folders
- load: a model, that is a card with its decoder
- fit: check of a stream against a model
- stimulus: the stimulus offset with which cues are decoded
- confidence, confidence_card: calibrated probabilities, decision threshold and its guarantees
- false_decisions: rate of false decisions at rest
- signal_states: states of the signal in which decisions are suppressed
- drift: distance of a signal from the calibration
"""

"""Models on disk: a card for people, arrays for programs; never code.

- card: stream, settings, sources and score of a model
- bundle: the folder on disk
- load: a card with its decoder
- fit: whether a stream suits a model
- stimulus: the delay of stimuli that cues are decoded with
- confidence, confidence_card: probabilities, and what is promised of them
- false_decisions: their rate at rest
- signal_states: states of the signal in which decisions are held back
- drift: distance of a signal from the calibration
"""

"""Models on disk: a card for people, arrays for programs; never code.

- bundle: the folder of a model
- load: a card with its decoder
- fit: whether a stream suits a model
- confidence, confidence_card: probabilities, and what is promised of them
- false_decisions: their rate at rest
- drift, pace: distance of a signal from the calibration
"""

"""Delay of predictions, and windows that gave none.

- latency: by stage, as a histogram, with losses and drift
- latency_figures: the last minute in figures and words
- rejections: reasons why windows gave no prediction
"""

"""Delay of predictions, and windows without a prediction.

- latency: the view of latency by stage and as a histogram, with lost samples and drift
- latency_figures: latency of the last minute in numbers and words
- rejections: reasons why windows have no prediction
"""

"""Several people side by side: a card for each engine.

- trace_strip: the last seconds of a few channels
- card: one person's signal, decision, latency and clock
- window: all cards
- app: starting it
"""

"""A window of several people, with one card per person and engine.

- trace_strip: traces of a few channels over the last seconds
- card: one person's signal, decision, latency and clock
- window: all cards
- app: the start of the window
"""

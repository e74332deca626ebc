"""Several people at once: an engine for each, under one supervisor, with one clock table.

- group: the profiles, checked against each other
- child: one command of ours in a process of its own
- engine_process: one person's engine: its events, its end, its restart
- clock_table: statuses of all engines, and the clocks of their streams
- supervisor: all of it
"""

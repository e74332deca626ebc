"""Bridges: processes that pass decisions on to other programs.

- bridge_process: one bridge, started, watched and ended
- bridge_row: the widget of one bridge
- panel: the rows of all bridges
- stop_window: a stop button for a bridge that presses keys, in front of every other window
- controller: connects the panel to the processes
"""

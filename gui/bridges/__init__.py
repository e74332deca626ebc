"""Bridges: decisions passed on to other programs, each by a process of its own.

- bridge_process: one bridge, started, watched and ended
- bridge_row: one bridge as the user sees it
- panel: all of them
- stop_window: the stop of a bridge that presses keys, in front of every other window
- controller: joins the panel to the processes
"""

"""Programs that the dashboard starts and stops.

- child: one process, its events and its end
- restart_policy: whether it is started again
- program_buttons: a button each
- engine_command: the command of an engine
- engine_notice: warns where it decodes another stream than the one shown
- recorder: recorders, found by their status
"""

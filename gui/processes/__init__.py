"""Programs that the dashboard starts and stops.

- child: one child process, its events, its log and its end
- restart_policy: the rule for starting a program again after its end
- engine_command: the command that starts an engine
- engine_notice: a warning if the engine decodes another stream than the shown one
- engine_watch: reports a lost engine, and stores the model for the next start
- program_buttons: one button per program
- status_line: the state of stream and engine in a sentence
- recorder: the recorder, started here or found on the network
"""

"""Programs that the dashboard starts and stops.

- child: one process, its events, its log and its end
- restart_policy: the rule by which it is started again
- engine_command: the command of an engine
- engine_notice: warns where the engine decodes another stream than the one shown
- engine_watch: news of an engine that is gone, and the model of the next start
- program_buttons: a button for each program
- status_line: the state of stream, engine and recorder in a sentence
- recorder: the recorder, started here or found on the network
"""

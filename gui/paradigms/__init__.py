"""Spellers shown by the presenter: a person selects symbols that flash or flicker.

- plan: the plan of a run, and the run and view made from it
- board: the content of the screen, without the flashes or flicker
- board_painter: paints text, probabilities and foot of the screen
- views: paint the symbols: a matrix, one at a time, or fields that flicker
- message_scene, speller_scene: the screen before a run, and during it
- tally: number of right selections, and their rate
- waiting: conditions that a run waits for
- error_responses: error potentials after the feedback, decoded by a second engine
- spelling_run: a run with its recording and its predictions
- fields, choice, window: the settings of a run
- controller: connects the speller to the dashboard's stream and engine
"""

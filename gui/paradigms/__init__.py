"""Spellers on the presenter: a person selects symbols that flash or flicker.

- plan: a run of a speller, and the objects that carry it out
- board: the content of the screen, but for what flashes
- board_painter: text, certainty and foot of the screen
- views: the symbols: a matrix, one at a time, or fields that flicker
- message_scene, speller_scene: the screen before a run, and in it
- tally: how many selections were right, and how fast
- waiting: conditions that a run waits for
- error_responses: the brain's response to the feedback, by a second engine
- spelling_run: a run with its recording and its predictions
- fields, choice, window: the run that a user chooses
- controller: joins the speller to the dashboard's stream and engine
"""

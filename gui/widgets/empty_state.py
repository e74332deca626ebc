"""A calm line where a view has nothing to show yet."""

# Of what tells the past, whatever the task, and of the line in its place.
HISTORY_HEIGHT, HINT_HEIGHT = 150, 36
NO_ENGINE = "no engine: press Start engine (Ctrl+E)"
STARTING = "the engine is starting ..."

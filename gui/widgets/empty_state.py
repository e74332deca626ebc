"""A calm line where a view has nothing to show yet."""

from gui.actions import with_key

# Of the views of the past, and of the line in their place.
HISTORY_HEIGHT, HINT_HEIGHT = 150, 36
NO_ENGINE = with_key("no engine: press Start engine", "engine")
STARTING = "the engine is starting ..."

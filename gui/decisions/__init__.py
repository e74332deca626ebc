"""Show the engine's output live: predictions, decisions, their past and their delay."""

"""Scores: one model on one recording, decoders over people.

- pseudo_online: a recording as if it were live
- early_course: the same from the beginning of each window alone
- metrics: accuracy, kappa, confusion, ranks, levels, each with its chance
- spelling, flashes: symbols that flashes spell, their repetitions and rates
- predictions_csv: a table of every prediction
- compare_people, compare_films, compare_images: studies
"""

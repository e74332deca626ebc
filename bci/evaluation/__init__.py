"""Scores: one model on one recording, decoders over people.

- pseudo_online: a recording as if it were live
- scores, measures, level_measures: accuracy and its relatives
- predictions_csv: a table of every prediction
- compare_people, compare_films, compare_images: studies
"""

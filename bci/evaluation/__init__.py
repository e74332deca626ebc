"""Score a model on a recording, and compare decoders over people.

- pseudo_online: replay of a recording through a model as if live
- early_course: accuracy from the beginning of each window alone
- metrics: accuracy, kappa, confusion, ranks and ordered levels, each with chance
- spelling, flashes: accuracy, repetitions and rates of symbols spelled by flashes
- spelling_curve: figures of spelling that are stored with a model
- predictions_csv: a table of every prediction
- compare_people, compare_films, compare_flicker, compare_images: comparisons of decoders
"""

"""Train a model on labelled recordings and score it on held-out ones.

- epochs: labelled windows, cut by the pipeline of live decoding
- run_counts, decoder_choices: counts of trials, and decoders to choose from
- without_training: models of decoders that need no recordings
- trial_decisions: decisions at the ends of trials
- fold_streams: held-out recordings decided as if live
- trained_filters: filters with trained parameters, trained again in each fold
- flashes/: folds of a speller's selections, and symbols spelled by held-out flashes
- cross_validation: folds, held-out predictions and their score
- calibrate: training on one person
- others/: training of base models on many people
- learning_curve, time_course, class_patterns: plots that explain a model
- calibrate_confidence: temperature and decision threshold
- signal_states: states of the signal, found without labels
- card: the model card
- stored_check: comparison of the stored with the trained model
"""

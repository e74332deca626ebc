"""From labelled recordings to a model with an honest score.

- epochs: trials cut by the pipeline that serves
- run_counts, decoder_choices: what there is to learn from, and what can learn
- without_training: a model for decoders that need no recordings
- trial_decisions: the decision at a trial's end
- fold_streams: held-out recordings decided as if live
- trained_filters: filters that learn, in each fold without what it holds out
- flashes/: folds of a speller's selections, and what held-out flashes spell
- cross_validation: folds, held-out predictions and their score
- calibrate: one person
- others/: base models, of many people
- learning_curve, time_course, class_patterns: insight into the model
- calibrate_confidence: temperature and threshold
- signal_states: states of the signal, without labels
- card: entries of the card
- stored_check: stored equals trained
"""

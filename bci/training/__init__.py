"""From labelled recordings to a model with an honest score.

- epochs: trials cut by the pipeline that serves
- run_counts, people: what there is to learn from
- folds, cross_validation: held-out predictions and their score
- calibrate: one person
- pretrain: many people
- learning_curve, time_course, class_patterns: insight into the model
- calibrate_confidence: temperature and threshold
- card: entries of the card
- stored_check: stored equals trained
"""

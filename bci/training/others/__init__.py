"""Train base models on recordings of many people.

- people: their recordings, in one folder per person
- pretrain: a model of all people, scored on held-out people
"""

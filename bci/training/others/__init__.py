"""Base models: what other people's recordings teach.

- people: their recordings, a folder a person
- pretrain: one model of all of them, scored on people held out
"""

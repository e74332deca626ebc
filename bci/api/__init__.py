"""Thin public functions over the library; ``import bci`` offers them by name.

`streams` and `signals` give samples, filtered samples and windows; `training` makes models;
`decoding` runs and scores them; `recorder` writes streams to a file; `engine` follows a running
engine.
"""

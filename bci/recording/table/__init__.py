"""Tables in text files: OpenBCI, Muse, Emotiv, plain ones.

- text: columns and numbers
- read: a recording from them
"""

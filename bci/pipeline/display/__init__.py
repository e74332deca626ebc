"""Process the displayed signal: filter, clean, re-reference and pause it.

Decoding and recording do not use any of it.

- filter: filters to choose from
- reference: references to choose from, and the resulting channels
- cleaning: cleanings to choose from, and the channels that they process
- choice: the combined choice, limited to the possibilities of a stream
- processing: processing of one stream by one choice
- signal: processed signal in a ring buffer, with pause and scrolling back
"""

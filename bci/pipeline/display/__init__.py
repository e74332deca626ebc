"""The signal for a person: filtered, cleaned, re-referenced and paused.

Decoding and recording do without all of it.

- filter: the filters to choose from
- reference: the references to choose from, and the channels that each gives
- cleaning: the cleanings to choose from, and the channels that each takes
- choice: all choices together, as far as a stream allows them
- processing: the samples of one stream by one choice
- signal: takes them from the feed, keeps them, and stands still
"""

"""Selection of one of many symbols by decoded evidence, without clock, screen or stream.

- symbols: symbols in the grid on the screen
- codes: groups of symbols that flash together, and their order
- language: probability of the next symbol
- posterior: probabilities of the symbols from evidence, and the rule that ends a selection
- flash_evidence: predictions of flashes matched to their groups
- flicker_evidence: predictions of windows after the onset of a flicker
- stimulation: order and timing of the flashes
- text: the spelled text, copied or free, with undo
- errors: undo of a selection by a detected error potential
- run: state machine of one selection after another; the caller passes the time
- from_settings: all parts, made from a profile
- replay: selections of a recording, decided again from predictions
"""

"""Selection of one of many symbols by evidence: pure logic, without clock, screen or stream.

- symbols: symbols in the grid that a person looks at
- codes: groups of symbols that flash together, and their order
- language: probability of the next symbol
- posterior: evidence into probabilities of the symbols, and when they are enough
- flash_evidence: predictions of flashes matched to their groups
- flicker_evidence: predictions of windows after the onset of a flicker
- stimulation: which group flashes when
- text: the spelled text, copied or free, with undo
- errors: undo by a detected error potential
- run: one selection after another, as a state machine that is given the time
- from_settings: all parts as a profile asks for them
- replay: the same over predictions of a recording
"""

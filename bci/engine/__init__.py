"""The live engine: an LSL stream in, predictions and decisions out.

- engine: finds the stream, puts a model to work, runs the loop
- loop: one step after another: pull, decode, publish, report
- cues, trigger_cues: the cues that a model needs
- running_model: a model at work on one stream; makes every decision
- evidence: decisions over several windows
- adapt_alignment, adapt_supervised: a model that follows its signal
- hot_swap: another model without a stop
- outlets: predictions and decisions on LSL
- status: the status beside them
- provenance, publish_provenance: facts needed to decode a recording again
"""

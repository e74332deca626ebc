"""The live engine: an LSL stream in, predictions and decisions out.

- engine: finds the stream, applies a model to it, runs the loop
- loop: the steps of the loop: pull, decode, publish, report
- cues, trigger_cues: cues for the models that need them
- running_model: a model on one stream; makes every decision
- evidence: decisions over several windows
- adapt_alignment, adapt_supervised: adaptation of a decoder while it decodes
- hot_swap: exchange of the model without a pause
- outlets: LSL streams of the predictions and decisions
- status: the engine's status message
- provenance, publish_provenance: data needed to decode a recording identically later
"""

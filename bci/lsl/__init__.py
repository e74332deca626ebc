"""The Lab Streaming Layer: finding streams, taking samples in, putting samples out."""

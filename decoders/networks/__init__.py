"""Networks for motor imagery: plain torch modules, one per file.

Each is made from (n_channels, n_samples, sfreq, n_classes) with its paper's hyper-parameters. It
converts float32 trials (n_trials, n_channels, n_samples) of about unit variance to logits
(n_trials, n_classes). ``features`` returns the input of its ``head``. Kernels and pools have the
paper's durations in seconds at any sampling rate.
"""

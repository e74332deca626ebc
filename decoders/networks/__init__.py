"""Networks for motor imagery: plain torch modules, one a file.

Each is made from (n_channels, n_samples, sfreq, n_classes) with its paper's hyper-parameters and
takes float32 trials (n_trials, n_channels, n_samples) of about unit variance to logits
(n_trials, n_classes); ``features`` gives what its ``head`` sees. Kernels and pools that a paper
gives at one sampling rate last as long at any other.
"""

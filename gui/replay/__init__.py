"""The replay window: a recording with its markers, trials and predictions, at any speed."""

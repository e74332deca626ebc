"""The scope: the signal now, each channel a row.

`bci.pipeline.display_signal` filters the samples for it and pauses them.

- view, gains: the user's choices, and the scale of a row
- trace_layout: the places of samples in the picture
- min_max, rasterise, trace_image: samples to pixels
- axes, overlay: around the traces and over them
- trace_plot: all of these in one plot
- scope: the widget, with its keys
- scope_panel, controls, channel_chooser, keys: below and beside it
"""

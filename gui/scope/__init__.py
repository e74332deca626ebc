"""The scope: the signal now, each channel a row.

`bci.pipeline.display` processes the samples for it and pauses them.

- view, gains: the user's choices, and the scale of a row
- trace_layout: the places of samples in the picture
- min_max, rasterise, trace_image: samples to pixels
- marks: quality and the user's marks of what is shown
- axes, overlay: around the traces and over them
- trace_plot: all of these in one plot
- scope: the widget, with its keys
- preparation: what a cleaning takes before it is shown
- shown_line: the line that names what is shown, and chooses reference and cleaning
- scope_panel, controls, channel_chooser, keys: below and beside it
"""

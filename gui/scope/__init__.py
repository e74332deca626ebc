"""The scope: the signal now.

- display_signal, display_filter, bridging: the signal for the eye
- gains, row_scales: the scale of a row
- min_max, rasterise, trace_image: samples to pixels
- scope: the view
- channel_labels, overlay, cursor: around the traces
- scope_panel, channel_chooser, channel_page, filter_choice, gain_control, keys: controls
"""

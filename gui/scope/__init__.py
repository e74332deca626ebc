"""The scope: traces of the current signal, one row per channel.

`bci.pipeline.display` processes and pauses the samples for the scope.

- view, gains: the user's choices, and the scale of each row
- trace_layout: the places of samples in the picture
- min_max, rasterise, trace_image: conversion of samples to pixels
- marks: quality and the user's marks of the shown channels
- axes, overlay: axes, marker lines, scale bar and cursor
- trace_plot: the plot of all of these
- scope: the widget, with its keys
- preparation: calibration data that a cleaning needs before it is shown
- shown_line: the line with the choice of reference and cleaning
- scope_panel, controls, channel_chooser, keys: controls around the scope, and its shortcuts
"""

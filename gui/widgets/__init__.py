"""Widgets that several parts of the dashboard share; each is usable alone.

- layouts, scroll_areas, tabs, late_page, docks, window_size: places and sizes of views
- themed: applies a theme to a window and all its views
- labels, units: labels, and texts for numbers with units
- buttons, combo_box, parameter_form, open_recording: buttons, fields and a file dialog
- banner, log_panel, preparation: reports to the user
- command_palette, key_help: lists of all commands and all keys
"""

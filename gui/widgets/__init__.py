"""Widgets that several rooms of the dashboard share; each works alone.

- layouts, scroll_areas, tabs, docks, window_size: places of views
- labels, units: words and amounts
- buttons, combo_box, open_recording: choices
- banner, log_panel: reports
- command_palette, key_help: all commands, and all keys
"""

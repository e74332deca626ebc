"""Widgets that several rooms of the dashboard share; each works alone.

- layouts, scroll_areas, tabs, late_page, docks, window_size: places of views
- themed: colours of a window, given to all its views
- labels, units: words and amounts
- buttons, combo_box, open_recording: choices
- banner, log_panel, preparation: reports
- command_palette, key_help: all commands, and all keys
"""

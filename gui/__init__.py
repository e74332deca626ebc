"""The Qt dashboard: one more LSL client; it decides nothing.

- app, options: its start, and what it is opened with
- actions, dashboard_actions: its commands, and what each does
- main_window, dashboard_links: the views, and the streams and programs behind them
- signal_tabs: the shown signal on tabs
- settings, theme: choices that are kept; colours and type
"""

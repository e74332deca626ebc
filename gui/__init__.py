"""The Qt dashboard: one more LSL client; it decides nothing.

- app, options: the start of the dashboard and its start options
- actions, dashboard_actions: the commands, and the function that each one runs
- main_window, dashboard_links: the views, and the streams and programs behind them
- signal_tabs: the tabs that show the signal, its spectrum, map and impedances
- settings, theme: stored choices of the user; colours and font sizes
"""

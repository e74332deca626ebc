"""Connecting: live streams, devices and files.

- panel: the side panel
- stream_list: streams on the network
- device_catalogue, device_parameters, device_form: devices and their settings
- port_watch: serial ports
- source_process: the source started here
- controller: joins them
"""

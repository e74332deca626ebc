"""Connecting: live streams, devices and files.

- stream_list: the streams on the network
- device_catalogue, device_parameters, device_form: devices and their parameters
- panel: the side panel
- source_process: the source that was started here
- controller: joins the panel to the network, the devices and the source
"""

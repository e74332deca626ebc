"""Connecting: live streams, devices and files.

- stream_list: the streams on the network
- device_form: the parameters of a device
- panel: the side panel
- source_process: the source that was started here
- controller: joins the panel to the network, the devices and the source
- shown_signal: the stream that is shown, passed on to every view
- header: the row above all panels
"""

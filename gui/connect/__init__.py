"""Sources of a signal: live streams, devices and files.

- stream_list: the streams on the network
- device_form: the parameters of a device
- panel: the side panel
- source_process: the source that was started here
- controller: connects the panel to the network, the devices and the source
- shown_signal: passes the shown stream on to every view
- header: the row above all panels
"""

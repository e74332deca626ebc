"""The wire: streams found, samples taken in and put out by the Lab Streaming Layer.

- metadata: the description of a stream, to and from LSL
- discovery: streams on the network
- connection: one stream opened, lost and found again
- inlet, marker_inlet: signals and markers on this computer's clock
- losses: lost samples and faults of a clock, as sentences for a log
- cue_streams, marker_labels, cue_listener: streams of cues, their labels, and a listener
- raw_inlet: samples as they were sent, for a recorder
- outlet, device_stream: signals and markers of a device put out
- engine_streams: predictions, decisions and status of an engine
- spelling_stream: selected symbols of a speller
- live_streams: the streams that a person may choose from
- recorders: recorders that run, by the status that each publishes
"""

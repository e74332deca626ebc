"""Find, receive and send streams by the Lab Streaming Layer.

- metadata: conversion of stream descriptions to and from LSL
- discovery: search for streams on the network
- connection: connection to one stream, with reconnection
- clock_offset: offset between a sender's clock and this computer's
- inlet, marker_inlet: receivers of signals and markers, on this computer's clock
- losses: log sentences about lost samples and faulty clocks
- cue_streams, marker_labels, cue_listener: choice of cue streams, marker labels, and a listener
- raw_inlet: receiver of unconverted samples, for a recorder
- outlet, device_stream: senders of a device's signals and markers
- engine_streams: predictions, decisions and status of an engine
- spelling_stream: selected symbols of a speller
- live_streams: list of signal streams for a user to choose from
- recorders: running recorders and their status
"""

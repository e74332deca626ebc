"""Bridges: clients of an engine's streams that pass decisions on to other programs.

Each runs in a process of its own (``bci bridge NAME``), so that a slow receiver cannot slow the
engine.

- one_stream: one stream, with reconnection after a restart
- engine_client: all streams of one engine, merged to one sequence of events
- translation: conversion of these events to numbered messages
- datagrams, udp, osc: messages to one receiver, as JSON or OSC
- websocket: messages to web pages and programs, and a page (`page/`) that shows them
- web_access, web_server, web_clients: access rules, the server, and its receivers
- web_signal: the signal of a few channels and the quality of all
- label_map: pairs of a label and its output
- keys: decisions pressed as keys, mouse or gamepad
- serial_line, midi: decisions on a serial line, and as MIDI
"""

"""Devices: each adapter turns one kind of source into chunks, which `bci stream` puts on LSL."""

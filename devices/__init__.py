"""Device adapters: each turns one kind of source into chunks; `bci.lsl.device_stream` puts them on LSL."""

"""Device adapters: each turns one kind of source into chunks; `bci.streaming` puts them on LSL."""

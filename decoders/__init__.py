"""Decoders: one a file, each behind the `bci.types.Decoder` protocol."""

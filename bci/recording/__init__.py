"""Recordings: written live from LSL, read, mended, described and exported."""

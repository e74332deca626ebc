"""Benchmarks: each prints a table of ratios against a straightforward peer in the same run."""

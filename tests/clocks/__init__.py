"""Senders whose clock of LSL has an offset and a drift, as that of another computer has."""

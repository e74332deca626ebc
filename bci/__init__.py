"""Real-time brain-computer interface engine over the Lab Streaming Layer."""

__version__ = "0.1.0"

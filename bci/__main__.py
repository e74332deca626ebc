"""``python -m bci``."""

from bci.cli import main

main()

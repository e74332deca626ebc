"""``python -m bci``."""

import sys
from pathlib import Path

import bci

# Python puts the current folder first, where files of the user may have names of our modules.
if not sys.flags.safe_path and Path(sys.path[0]) != Path(bci.__file__).parents[1]:
    del sys.path[0]

from bci.cli import main

main()

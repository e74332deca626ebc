"""Names of classes, short enough for a column of a table."""

import re

from bci.tasks.image_gallery import PREFIX

_LEVELS = re.compile(r"[A-Za-z ]+-([1-9])/[A-Za-z ]+-([1-9])")


def brief(name: str) -> str:
    """``2/4`` of ``valence-2/arousal-4``, ``0015`` of ``image-0015``; others stay as they are."""
    levels = _LEVELS.fullmatch(name)
    return f"{levels[1]}/{levels[2]}" if levels else name.removeprefix(PREFIX)

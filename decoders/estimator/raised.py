"""One-line descriptions of exceptions in a user's own code."""

import traceback
from pathlib import Path


def brief(problem: BaseException) -> str:
    """Describe an exception by its type, the first line of its message, and its place."""
    lines = str(problem).strip().splitlines()
    places = traceback.extract_tb(problem.__traceback__)
    where = f" ({Path(places[-1].filename).name}, line {places[-1].lineno})" if places else ""
    return f"{type(problem).__name__}: {lines[0] if lines else ''}"[:300] + where

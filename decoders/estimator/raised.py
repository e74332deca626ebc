"""An exception of a user's own code, in a line."""

import traceback
from pathlib import Path


def brief(problem: BaseException) -> str:
    """Kind and first line of an exception, and the last place in its trace."""
    lines = str(problem).strip().splitlines()
    places = traceback.extract_tb(problem.__traceback__)
    where = f" ({Path(places[-1].filename).name}, line {places[-1].lineno})" if places else ""
    return f"{type(problem).__name__}: {lines[0] if lines else ''}"[:300] + where

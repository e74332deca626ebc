"""Check of the chain of tags in a FIF file, before MNE follows the chain.

Each tag has a header of 16 bytes: kind, type, size and position of the next tag, as big-endian
32-bit numbers. The position 0 means that the next tag follows directly; a negative one, that
there is none. MNE would never finish reading a chain that leads back to an earlier tag.
"""

import struct
from pathlib import Path

from bci.errors import RecordingError

_HEADER = struct.Struct(">iiii")


def check_tags(path: Path) -> None:
    """Check that every tag of a file leads to a later one.

    Raises `RecordingError` if a tag leads back or has a negative size; the message names its byte.
    """
    with path.open("rb") as file:
        place = 0
        while len(header := file.read(_HEADER.size)) == _HEADER.size:
            _, _, size, following = _HEADER.unpack(header)
            if following < 0:
                return
            behind = place + _HEADER.size
            if size < 0 or 0 < following < behind:
                raise RecordingError(
                    f"{path}: damaged at byte {place}: a part of the file leads back to another; "
                    "copy it again"
                )
            place = following or behind + size
            file.seek(place)

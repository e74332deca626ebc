"""The chain of tags of a FIF file, checked before MNE follows it.

Each tag has a header of 16 bytes: kind, type, size and the place of the next tag, all big-endian
32-bit numbers; 0 as the place is "right behind", below 0 is "none". A chain that leads back to an
earlier tag would keep MNE busy for ever.
"""

import struct
from pathlib import Path

from bci.errors import RecordingError

_HEADER = struct.Struct(">iiii")


def check_tags(path: Path) -> None:
    """Prove that every tag of a file leads forward.

    Raises `RecordingError` if one leads back, or has a size below 0; the message names its place.
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

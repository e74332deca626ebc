"""Compile kernels by Numba, with a cache on disk if possible."""

import logging
import os
import stat
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba

_log = logging.getLogger(__name__)


def kernel(**options: object) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that compiles a function, which then runs without the GIL.

    ``options`` are those of `numba.njit`. The cache is beside the source or in the user's cache
    folder. If neither can be written (an installation by root, a service without a home), it is in
    a private temporary folder. If that fails too, functions are compiled at each start.
    """

    def compiled(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(cache=True, nogil=True, **options)(function)
        except RuntimeError:  # Numba found no folder that it can write to
            cached = _use_private_folder()
        return numba.njit(cache=cached, nogil=True, **options)(function)

    return compiled


@cache
def _use_private_folder() -> bool:
    """Set Numba's cache, here and in child processes, to a temporary folder.

    The result is False on failure.
    """
    try:
        folder = Path(tempfile.gettempdir(), f"bci-cache-{_user()}")
        is_new = make_private(folder)
    except OSError as error:
        _log.warning("compiled code cannot be kept (%s): every start compiles it again", error)
        return False
    if is_new:
        _log.warning("no cache folder can be written: compiled code is kept in %s", folder)
    numba.config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"] = str(folder)
    return True


def make_private(folder: Path) -> bool:
    """Create a folder that only this user can write to; return True if it is new.

    An existing folder of this user is accepted. Compiled code is loaded and run from it, so a
    folder that another user prepared is refused.

    Raises `OSError` if the folder cannot be created, or if others could write to it.
    """
    try:
        folder.mkdir(mode=0o700)
        is_new = True
    except FileExistsError:
        is_new = False
    found = folder.lstat()
    is_own = os.name != "posix" or (found.st_uid == os.geteuid() and not found.st_mode & 0o022)
    if not stat.S_ISDIR(found.st_mode) or not is_own or not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} is not a folder of this user alone")
    return is_new


def _user() -> str:
    return str(os.geteuid()) if os.name == "posix" else "user"

"""Events of any command: notes, warnings, errors, progress, files."""

from typing import Literal

from bci.messages.fields import Count, Message, Text


class Event(Message):
    """An event of a long command, one line of its ``--json``."""

    version: Literal[1] = 1


class NoteEvent(Event):
    """Information for a person; nothing is wrong.

    Parameters
    ----------
    text : str
        One sentence.
    """

    event: Literal["note"] = "note"
    text: Text


class WarningEvent(Event):
    """A problem that a person should look at; the command goes on. Standard error has it too.

    Parameters
    ----------
    text : str
        One sentence.
    """

    event: Literal["warning"] = "warning"
    text: Text


class ErrorEvent(Event):
    """The reason of the command's end, with exit code 2. Standard error has it too.

    Parameters
    ----------
    text : str
        One line.
    """

    event: Literal["error"] = "error"
    text: Text


class ProgressEvent(Event):
    """Progress of a command.

    Parameters
    ----------
    doing : str
        Description of the present part.
    done : int
        Parts that are done.
    of : int
        All parts.
    """

    event: Literal["progress"] = "progress"
    doing: Text
    done: Count
    of: Count


class FileEvent(Event):
    """A file was written: of ``bci import``, ``bci export`` and ``bci benchmark``.

    Parameters
    ----------
    file : str
        Path of the file.
    """

    event: Literal["file"] = "file"
    file: Text

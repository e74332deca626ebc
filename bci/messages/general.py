"""Events of any command: notes, warnings, errors, progress, files."""

from typing import Literal

from bci.messages.fields import Count, Message, Seconds, Text


class Event(Message):
    """An event of a long command, one line of its ``--json``."""

    version: Literal[1] = 1


class NoteEvent(Event):
    """Information for a person; nothing is wrong."""

    event: Literal["note"] = "note"
    text: Text  # One sentence


class WarningEvent(Event):
    """A problem that a person should look at; the command continues. Standard error has it too."""

    event: Literal["warning"] = "warning"
    text: Text  # One sentence


class ErrorEvent(Event):
    """The reason of the command's end, with exit code 2. Standard error has it too."""

    event: Literal["error"] = "error"
    text: Text  # One line


class ProgressEvent(Event):
    """Progress of a command."""

    event: Literal["progress"] = "progress"
    doing: Text  # Description of the present part
    done: Count  # Parts that are done
    of: Count  # All parts
    left_s: Seconds | None = None  # Expected seconds until all are done


class FileEvent(Event):
    """A file was written: of ``bci import``, ``bci export`` and ``bci benchmark``."""

    event: Literal["file"] = "file"
    file: Text  # Path of the file

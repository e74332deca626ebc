"""Errors that a user can fix.

The command line prints each as one line and exits with 2.

A message states what is wrong, where (file, stream, channel or key) and what to do.
"""

from collections.abc import Sequence


class BciError(Exception):
    """Base of every error that the user can fix."""


class RecordingError(BciError):
    """A recorded file is missing, unreadable or damaged, or lacks required data."""


class StreamError(BciError):
    """A live stream cannot be found, is ambiguous, or has changed."""


class AmbiguousStreamError(StreamError):
    """Several live streams match a query; the user has to choose one."""


class DeviceError(BciError):
    """A device cannot be reached, was lost, or has an invalid parameter."""


class MismatchError(BciError):
    """A stream or recording does not meet the needs of a model or profile."""


class ProfileError(BciError):
    """A profile or other configuration is invalid; the message names the key path."""


class BundleError(BciError):
    """A model folder is missing, incomplete, damaged or changed after training."""


class PlaceError(BciError):
    """A file or folder cannot be written at the given place."""


class MessageError(BciError):
    """A received message is invalid or of another version."""


class PluginError(BciError):
    """A plug-in cannot be loaded, or does not implement its interface."""


class JobError(BciError):
    """A worker process ended, or a cluster cannot be reached or used."""


class DecodingError(BciError):
    """A window cannot be decoded; a live engine rejects and counts it."""


class GalleryError(BciError):
    """An image gallery is missing or damaged, or lacks an image that was shown."""


class BridgeError(BciError):
    """A bridge cannot reach its receiver or device, or has invalid settings."""


class RemoteError(BciError):
    """A command of a remote client cannot be executed."""


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, or else its type's name."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def shortened(names: Sequence[str], most: int = 8, joint: str = ", ") -> str:
    """Join the first ``most`` names and count the others: ``C3, C4 and 7 more``."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{joint.join(names[:most])}{more}"

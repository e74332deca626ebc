"""The errors a user can cause and mend; the command line prints each as one line and exits 2.

A message states what is wrong, where (file, stream, channel or key) and what to do about it.
"""

from collections.abc import Sequence


class BciError(Exception):
    """Base of every error that the user can mend."""


class RecordingError(BciError):
    """A recorded file is missing, unreadable, damaged or lacks what was asked of it."""


class StreamError(BciError):
    """A live stream cannot be found, is ambiguous, or has changed under us."""


class AmbiguousStreamError(StreamError):
    """Several live streams fit; waiting will not help, choosing will."""


class DeviceError(BciError):
    """A device cannot be reached, was lost, or was given a parameter that it cannot use."""


class MismatchError(BciError):
    """A stream or recording cannot satisfy what a model or profile needs."""


class ProfileError(BciError):
    """A profile or other configuration is invalid; the message names the key path."""


class BundleError(BciError):
    """A model bundle is missing, incomplete, damaged or tampered with."""


class PlaceError(BciError):
    """A file or folder cannot be written where it was asked for."""


class MessageError(BciError):
    """A message of another program is not one of ours, or of another version."""


class PluginError(BciError):
    """A plug-in cannot be loaded, or does not do what its kind has to."""


class JobError(BciError):
    """A worker process ended, or a cluster cannot be reached or used."""


class DecodingError(BciError):
    """A window gives no probabilities; live it is rejected and counted."""


class GalleryError(BciError):
    """A gallery of images is missing or damaged, or lacks an image that was shown."""


class BridgeError(BciError):
    """A bridge cannot reach its receiver or device, or was set up wrongly."""


class RemoteError(BciError):
    """A command of a remote client cannot be followed."""


def first_line(error: Exception) -> str:
    """The first line of another library's message; its type where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def shortened(names: Sequence[str], most: int = 8, joint: str = ", ") -> str:
    """The first names, and how many more there are: ``C3, C4 and 7 more``."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{joint.join(names[:most])}{more}"

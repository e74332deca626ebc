"""The result of a verification, as ``bci verify --json`` prints it."""

from typing import Literal

from bci.messages import Count, Event, Text


class VerifyEvent(Event):
    """One run of an engine, decoded again and compared.

    Parameters
    ----------
    recording : str
    engine : str
        Name of the engine.
    models : tuple of str
        Names of the models that decoded.
    all_equal : bool
        Whether every prediction and decision is equal to the bit, and none is missing.
    windows, windows_equal : int
        Windows that were compared, and those with equal predictions.
    missing : int
        Windows that ought to have a live prediction and have none.
    extra : int
        Live predictions of which the recording gives no window.
    skipped : int
        Windows that the engine skipped live because the decoder was late.
    left_out : int
        Live predictions that depend on samples that the recording lacks.
    decisions, decisions_equal : int
        Events of the decision that were compared, and those that are equal.
    swaps, gaps : int
        Models that took over, and gaps in the signal.
    first_difference, first_decision : str or None
        The first prediction and the first decision that differ; times in seconds since the first
        prediction.
    differs : tuple of str
        Differences of model, versions and machine from those of the session.
    notes : tuple of str
        Limits of the comparison.
    """

    event: Literal["verify"] = "verify"
    recording: Text
    engine: Text
    models: tuple[Text, ...]
    all_equal: bool
    windows: Count
    windows_equal: Count
    missing: Count = 0
    extra: Count = 0
    skipped: Count = 0
    left_out: Count = 0
    decisions: Count = 0
    decisions_equal: Count = 0
    swaps: Count = 0
    gaps: Count = 0
    first_difference: Text | None = None
    first_decision: Text | None = None
    differs: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()

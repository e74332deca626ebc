"""Decode recordings and live streams, and score a model on a recording."""

import logging
import time
import warnings
from collections import deque
from collections.abc import Iterator
from os import PathLike

from pylsl import local_clock
from threadpoolctl import ThreadpoolController

from bci.api.sources import Source, recording_from
from bci.api.streams import Stream
from bci.engine.cues import EngineCues
from bci.engine.running_model import Decoded, RunningModel, warm_up
from bci.engine.trigger_cues import TriggerCues
from bci.errors import StreamError
from bci.evaluation import pseudo_online as evaluation
from bci.evaluation.pseudo_online import Evaluation
from bci.lsl.cue_streams import cue_query
from bci.models.card import adaptation, decision_threshold, evidence_span
from bci.models.load import Model, load_model
from bci.profiles.profile import Adapt, Output
from bci.recording.identity import digests
from bci.signals import Recording
from bci.training.epochs import chunks_for, cue_markers, find_trials, unlabelled_starts

_log = logging.getLogger(__name__)


def decode(
    model: Model | str | PathLike[str],
    source: Source | Stream,
    *,
    duration_s: float | None = None,
    threshold: float | None = None,
    evidence_s: float | None = None,
    adapt: Adapt | None = None,
    markers: str | None = None,
) -> Iterator[Decoded]:
    """Decode a recording or a live stream, window by window, as the engine does.

    Parameters
    ----------
    model : Model or path
        Trained model, or its folder.
    source : path, Recording, mne.io.Raw or Stream
        Signal to decode.
    duration_s : float, optional
        With a live stream: stop after this many seconds. Default: never.
    threshold : float, optional
        Lowest confidence that makes a decision, 0 to 1. Default: the model's.
    evidence_s : float, optional
        Length of signal, in seconds, whose windows make one decision. Default: the model's.
    adapt : {"off", "alignment", "supervised"}, optional
        ``alignment`` adapts the decoder's alignment to the signal. ``supervised`` trains it on
        cued trials. ``model`` itself is not changed. Default: the model's setting.
    markers : str, optional
        With a live stream: name or type of the marker stream with the cues. Needed by a model
        that decodes at cues, and by ``adapt="supervised"``.

    Yields
    ------
    decoded : Decoded
        ``prediction`` has ``label``, ``confidence``, ``probabilities`` (n_classes,) and ``taken``,
        the time of the window's last sample in seconds. ``decision`` has ``label`` and
        ``confidence``; its ``label`` is None below the threshold. ``decision`` is None until
        windows of ``evidence_s`` seconds have been decoded.

    Raises
    ------
    MismatchError
        If the signal does not fit the model; the message names the difference.
    StreamError
        If a live stream stops, or if the model needs cues and ``markers`` is missing.

    Examples
    --------
    >>> import bci
    >>> for decoded in bci.decode("models/me", "run-02_eeg.fif"):
    ...     window = decoded.prediction
    >>> window.label in ("left", "right"), window.probabilities.shape
    (True, (2,))
    """
    model = _loaded(model)
    triggers = model.card.triggers
    signal = source if isinstance(source, Stream) else recording_from(source, None, triggers)
    given = Output(evidence_s=evidence_s, adapt=adapt)
    clock = local_clock if isinstance(signal, Stream) else None
    decoding = RunningModel(
        model.card,
        model.decoder,
        signal.info,
        clock,
        evidence_span(given, model.card),
        adaptation(given, model.card),
        threshold=threshold,
    )
    if not isinstance(signal, Stream):
        return _on_one_thread(_recorded(decoding, signal))
    if decoding.needs_cues and markers is None and triggers is None:
        raise StreamError(
            f"{model.card.name} needs cues: name their stream, decode(..., markers=NAME)"
        )
    return _on_one_thread(_live(decoding, signal, duration_s, markers))


def _on_one_thread(found: Iterator[Decoded]) -> Iterator[Decoded]:
    """Limit the numerical libraries to one thread while a window is decoded.

    The live engine has the same limit, so both give identical numbers. The limit is lifted
    between two windows, for the caller's own code.
    """
    threads = ThreadpoolController()
    while True:
        with threads.limit(limits=1):
            decoded = next(found, None)
        if decoded is None:
            return
        yield decoded


def _recorded(decoding: RunningModel, recording: Recording) -> Iterator[Decoded]:
    paradigm, needs_cues = decoding.card.paradigm, decoding.needs_cues
    # Free spelling has flashes and no labels.
    unlabelled = unlabelled_starts(recording, paradigm)
    trials = find_trials(recording, paradigm) if needs_cues and not unlabelled else []
    cues = deque(cue_markers(recording, paradigm) if needs_cues else ())
    for chunk in chunks_for(decoding.pipeline, recording, trials, unlabelled):
        while cues and cues[0].time <= chunk.timestamps[-1]:
            decoding.on_marker(cues.popleft())
        yield from decoding.push(chunk)


def _live(
    decoding: RunningModel, stream: Stream, duration_s: float | None, markers: str | None
) -> Iterator[Decoded]:
    warm_up(decoding.card, decoding.decoder, stream.info)
    query = cue_query(None, markers) if markers is not None else None
    settings = decoding.card.triggers if query is None and decoding.needs_cues else None
    triggers = TriggerCues(settings, stream.info) if settings is not None else None
    cues = EngineCues(query, stream.info.name, _log.info, triggers)
    end = time.monotonic() + (float("inf") if duration_s is None else duration_s)
    try:
        while time.monotonic() < end:
            chunks = stream.pull(decoding.samples_to_window)
            if triggers is not None:
                for chunk in chunks:
                    triggers.take(chunk)
            cues.pass_on([decoding])
            for chunk in chunks:
                yield from decoding.push(chunk)
    finally:
        cues.close()


def evaluate(
    model: Model | str | PathLike[str],
    source: Source,
    *,
    threshold: float | None = None,
    evidence_s: float | None = None,
    adapt: Adapt | None = None,
) -> Evaluation:
    """Decode a recording as if live and score the decisions.

    Parameters
    ----------
    model : Model or path
        Trained model, or its folder.
    source : path, Recording or mne.io.Raw
        Recording with cue markers. A warning is issued if the model was trained on it.
    threshold : float, optional
        Lowest confidence that makes a decision, 0 to 1. Default: the model's.
    evidence_s : float, optional
        Length of signal, in seconds, whose windows make one decision. Default: the model's.
    adapt : {"off", "alignment", "supervised"}, optional
        ``alignment`` adapts the decoder's alignment to the signal. ``supervised`` trains it on
        cued trials. ``model`` itself is not changed. Default: the model's setting.

    Returns
    -------
    evaluation : Evaluation
        ``trial_accuracy`` with its confidence interval, ``kappa``, ``itr_bits_per_min``,
        ``false_positives_per_min`` and more.

    Raises
    ------
    MismatchError
        If the recording does not fit the model.
    RecordingError
        If the recording lacks the cues, or no window lies within a trial.

    Examples
    --------
    >>> import bci
    >>> score = bci.evaluate("models/me", "run-03_eeg.fif")
    >>> score.trial_accuracy.n, score.trial_accuracy.value > 0.8
    (10, True)
    """
    model = _loaded(model)
    if threshold is None:
        threshold = decision_threshold(Output(), model.card)
    given = Output(evidence_s=evidence_s, adapt=adapt)
    recording = recording_from(source, None, model.card.triggers)
    if model.card.has_learnt_from(*digests(recording)):
        warnings.warn(
            f"{model.card.name} was trained on {recording.source}: its score there is no score of "
            "a new recording",
            stacklevel=2,
        )
    return evaluation.evaluate(
        model.card,
        model.decoder,
        recording,
        threshold,
        evidence_s=evidence_span(given, model.card),
        adapt=adaptation(given, model.card),
    )


def _loaded(model: Model | str | PathLike[str]) -> Model:
    return model if isinstance(model, Model) else load_model(model)

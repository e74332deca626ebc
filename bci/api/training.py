"""Cut epochs from recordings and train models from Python."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from os import PathLike
from pathlib import Path

from threadpoolctl import threadpool_limits

import decoders
from bci.api.sources import ProfileLike, Source, profile_of, recordings_from
from bci.errors import ProfileError, RecordingError
from bci.interfaces import Decoder
from bci.models.bundle import base_folder
from bci.models.load import Model, decoder_of, load_model
from bci.profiles.profile import DecoderChoice, Profile
from bci.training import epochs as trials
from bci.training.calibrate import calibrate as run_calibration
from bci.training.cross_validation import Progress
from bci.training.epochs import Epochs
from bci.training.run_counts import without_copies
from decoders.estimator import wrap
from decoders.estimator.factory import path_of
from decoders.patterns import class_patterns


def _silent(_doing: str, _done: int, _of: int) -> None:
    """Ignore progress: the default of ``on_progress``."""


def cut_epochs(recordings: Source | Iterable[Source], profile: ProfileLike) -> Epochs:
    """Cut the windows of every cued trial, filtered as in live decoding.

    Parameters
    ----------
    recordings : path, Recording or mne.io.Raw, or several
        Runs with markers of the cues.
    profile : Profile, path or str
        Filters, window and cues: a profile, its file, or the name of a shipped one.

    Returns
    -------
    epochs : Epochs
        ``windows`` (n_windows, n_channels, n_samples) float32; ``labels``, ``trials`` and ``runs``
        (n_windows,). Windows of one trial overlap, so keep each trial in one fold.

    Raises
    ------
    RecordingError
        If a recording lacks a class's markers, or no window fits into any trial.
    MismatchError
        If a recording cannot satisfy the profile.

    Examples
    --------
    >>> import bci
    >>> epochs = bci.cut_epochs(["run-01_eeg.fif", "run-02_eeg.fif"], "motor-imagery")
    >>> ends = epochs.last_of_trials()
    >>> ends.windows.shape, sorted(set(ends.labels.tolist()))
    ((20, 16, 625), ['left', 'right'])
    """
    wanted = profile_of(profile)
    read = recordings_from(recordings, wanted)
    if not read:
        raise RecordingError("there is no recording to cut epochs of; give at least one")
    return trials.cut_epochs(read, wanted.pipeline, wanted.paradigm)


def calibrate(
    recordings: Source | Iterable[Source],
    profile: ProfileLike,
    *,
    decoder: object | str | None = None,
    base: Model | str | PathLike[str] | None = None,
    rest: Source | Iterable[Source] = (),
    executed: Source | Iterable[Source] = (),
    trusted: Sequence[str] = (),
    name: str = "model",
    on_progress: Progress = _silent,
) -> Model:
    """Train a decoder on one person's recordings and score it by cross-validation.

    Parameters
    ----------
    recordings : path, Recording or mne.io.Raw, or several
        Runs of one person with cue markers; an `mne.io.Raw` has them as annotations.
    profile : Profile, path or str
        Filters, window, cues and decoder: a profile, its file, or the name of a shipped one.
    decoder : str or estimator, optional
        Replaces the profile's decoder: the name of one, or an object with ``fit`` and
        ``predict_proba`` on (n_trials, n_channels, n_samples), such as a scikit-learn pipeline.
    base : Model or path, optional
        Model trained on other people, to start the training from; or the name of a shipped one.
    rest : path, Recording or mne.io.Raw, or several
        Recordings of rest; the decision threshold is chosen on them.
    executed : path, Recording or mne.io.Raw, or several
        Runs with the same movements executed, not imagined: for training, never for the score.
    trusted : sequence of str
        Types, as ``package.module.Class``, that may be part of a stored estimator of your own, in
        addition to the built-in list.
    name : str
        Name of the model until it is saved.
    on_progress : callable, optional
        Called with the name of a step, the number of steps done, and the total.

    Returns
    -------
    model : Model
        ``model.card.score`` is the held-out accuracy; ``model.save(folder)`` writes it.

    Raises
    ------
    RecordingError
        If markers are missing, there are too few trials, or two recordings are the same.
    MismatchError
        If the recordings differ from one another or do not fit the profile or the base.
    ProfileError
        If the profile or the decoder is invalid.
    PluginError
        If an estimator lacks a method, fails, or cannot be stored as data.
    BundleError
        If the stored model would decode otherwise than the trained one.

    Examples
    --------
    >>> import bci
    >>> model = bci.calibrate(["run-01_eeg.fif", "run-02_eeg.fif"], "motor-imagery")
    >>> model.classes
    ('left', 'right')
    >>> model.card.score.accuracy > 0.7, model.card.score.trials
    (True, 20)
    """
    start = load_model(base_folder(Path(base))) if isinstance(base, str | PathLike) else base
    wanted, make = _chosen(profile_of(profile), decoder, start, trusted)
    make()  # a wrong name or parameter is refused before any work is done
    read = recordings_from(recordings, wanted)
    _, copies = without_copies(read)
    for copy, of in copies:
        raise RecordingError(f"{copy} holds the same signal as {of}; give each run once")
    with threadpool_limits(limits=1):
        made = run_calibration(
            read,
            wanted,
            make,
            name,
            on_progress,
            start.card if start is not None else None,
            class_patterns,
            rest=recordings_from(rest, wanted),
            restore=partial(decoder_of, trusted=wanted.decoder.trusted),
            executed=recordings_from(executed, wanted),
        )
    return Model(made.card, made.decoder, made.arrays())


def _chosen(
    profile: Profile, decoder: object | str | None, start: Model | None, trusted: Sequence[str]
) -> tuple[Profile, Callable[[], Decoder]]:
    """Return the profile with the chosen decoder, and a function that creates it.

    The function returns an untrained decoder.
    """
    if decoder is not None and not isinstance(decoder, str):
        if start is not None:
            raise ProfileError("an estimator cannot be fine-tuned; leave base out")
        choice = _named(decoder, trusted)
        return _with(profile, choice), partial(wrap, decoder, trusted)
    if decoder is not None:
        profile = profile.with_decoder(decoder)
    choice = profile.decoder.model_copy(update={"trusted": (*profile.decoder.trusted, *trusted)})
    arrays = start.arrays if start is not None else None
    make = partial(
        decoders.create, choice.name, choice.params, arrays, choice.trusted, profile.stimuli
    )
    return _with(profile, choice), make


def _named(estimator: object, trusted: Sequence[str]) -> DecoderChoice:
    from decoders.sklearn_api import BciClassifier

    if isinstance(estimator, BciClassifier):
        given = {"name": estimator.decoder, "params": estimator.params or {}}
        return DecoderChoice.model_validate(given)
    return DecoderChoice(name=path_of(estimator), trusted=tuple(trusted))


def _with(profile: Profile, choice: DecoderChoice) -> Profile:
    return profile.model_copy(update={"decoder": choice})

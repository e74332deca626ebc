"""From a site's recordings to its part of a federation, and from that to a model bundle."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bci.errors import MismatchError, ProfileError, RecordingError
from bci.models.card import Card, FederationCard
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import DecoderChoice, Profile
from bci.signals import Recording, Signal
from bci.training.calibrate import common_pipeline
from bci.training.card import make_card, score_card
from bci.training.epochs import Epochs, cut_epochs
from decoders.federation.agreement import Federation
from decoders.federation.site import Clipping, Labelled, Site
from decoders.neural.fleeg_decoder import FleegDecoder
from decoders.neural.training import TrainingSettings

_HELD_OUT = 0.2
_FEWEST_TRIALS = 5


@dataclass(frozen=True)
class Material:
    """A site's windows, to train on and to score on, and what they were cut from."""

    profile: Profile
    recordings: tuple[Recording, ...]
    pipeline: Pipeline
    training: Epochs
    held_out: Epochs
    described: str

    @property
    def n_trials(self) -> int:
        return len(np.unique(self.training.trials))


def cut_material(profile: Profile, recordings: list[Recording], test: list[Recording]) -> Material:
    """Cut windows and hold some out.

    Parameters
    ----------
    profile : Profile
    recordings : list of Recording
        Runs of one set-up.
    test : list of Recording
        Runs to score on. If there are none the last of ``recordings`` is held out, or the last
        fifth of the trials of a single one.

    Raises
    ------
    RecordingError
        If markers are missing or there are too few trials.
    MismatchError
        If recordings differ in rate or channels.
    """
    pipeline = common_pipeline([*recordings, *test], profile)
    if not test and len(recordings) > 1:
        recordings, test = recordings[:-1], recordings[-1:]
    training = cut_epochs(recordings, profile.pipeline, profile.paradigm)
    if test:
        held_out = cut_epochs(test, profile.pipeline, profile.paradigm)
        described = f"held out from every round: {', '.join(Path(r.source).name for r in test)}"
    else:
        trials = np.unique(training.trials)
        n_held_out = round(_HELD_OUT * len(trials))
        if len(trials) < _FEWEST_TRIALS:
            raise RecordingError(
                f"{recordings[0].source}: {len(trials)} trials are too few to hold any out"
            )
        last = np.isin(training.trials, trials[-n_held_out:])
        held_out, training = training.only(last), training.only(~last)
        described = f"held out from every round: the last {n_held_out} trials"
    if set(held_out.labels) != set(training.labels):
        raise RecordingError(
            "a class is found in one part of the recordings only, so nothing can be held out; "
            "record every class in every run"
        )
    return Material(profile, tuple(recordings), pipeline, training, held_out, described)


def choice_of(agreed: Federation) -> DecoderChoice:
    """The decoder that the partners train."""
    space = agreed.model
    params: dict[str, float | int | str | bool] = {
        "trunk": space.trunk, "n_virtual": space.n_virtual, "sfreq": space.sfreq,
        "window_s": space.window_s,
    }  # fmt: skip
    return DecoderChoice(name="fleeg", params=params)


def make_site(name: str, material: Material, agreed: Federation, folder: Path) -> Site:
    """A site that is ready for its first round, or to go on where ``folder`` says.

    Raises
    ------
    ProfileError
        If its windows do not fit what the partners agreed on.
    """
    rounds = agreed.training
    seed = 1000 * rounds.seed + zlib.crc32(name.encode()) % 1000
    settings = TrainingSettings(
        epochs=rounds.epochs, batch=rounds.batch, lr=rounds.lr, weight_decay=rounds.weight_decay,
        sharpness=rounds.sharpness, seed=seed,
    )  # fmt: skip
    clipping = None
    if agreed.privacy is not None:
        clipping = Clipping(agreed.privacy.clip_norm, agreed.privacy.noise_multiplier)
    chain, space = material.pipeline.chain, agreed.model
    training, ends = material.training, material.held_out.last_of_trials()
    try:
        return Site(
            FleegDecoder(space.trunk, space.n_virtual, space.sfreq, space.window_s, seed=seed),
            Labelled(training.windows, training.labels, training.runs),
            Labelled(ends.windows, ends.labels, ends.runs),
            material.n_trials,
            Signal(chain.sfreq, chain.channels),
            settings,
            folder,
            clipping,
        )
    except (ValueError, MismatchError) as error:
        raise ProfileError(f"{name}: {error}") from error


def card_of(
    name: str, material: Material, agreed: Federation, site: Site, told: FederationCard
) -> Card:
    """The card of a site's model: its score is on trials that no round has seen."""
    profile = material.profile.model_copy(update={"decoder": choice_of(agreed)})
    truth, decided = site.decisions()
    score = score_card(truth, decided, site.decoder.classes, material.described)
    recordings = list(material.recordings)
    card = make_card(name, profile, material.pipeline, recordings, site.decoder, score)
    return card.model_copy(update={"federation": told})

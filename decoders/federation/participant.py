"""A site as a participant: from its recordings to its answers and its model."""

import logging
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bci.errors import MismatchError, ProfileError, RecordingError
from bci.models.bundle import check_place, save_bundle
from bci.models.card import FederationCard
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import DecoderChoice, Profile, load_profile
from bci.recording.formats import without_parts
from bci.recording.read import read_recording
from bci.signals import Recording, Signal
from bci.training.calibrate import common_pipeline
from bci.training.card import make_card, score_card
from bci.training.epochs import Epochs, cut_epochs
from decoders.federation.agreement import Federation
from decoders.federation.messages import (
    ASKED,
    FINISH,
    REFUSALS,
    NotUnderstoodError,
    pack,
    refuse,
    unpack,
)
from decoders.federation.site import Site, epsilon, read_state
from decoders.neural.fleeg_decoder import FleegDecoder

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Material:
    """A site's windows, to train on and to score on, and their recordings."""

    profile: Profile
    recordings: tuple[Recording, ...]
    pipeline: Pipeline
    training: Epochs
    held_out: Epochs
    described: str


def read_material(profile: str | Path, data: list[Path], test: list[Path]) -> Material:
    """Read a site's recordings and cut their windows; see `cut_material`."""
    wanted = load_profile(profile)
    runs, test_runs = (
        [read_recording(file, profile=wanted) for file in without_parts(files)]
        for files in (data, test)
    )
    return cut_material(wanted, runs, test_runs)


def cut_material(profile: Profile, recordings: list[Recording], test: list[Recording]) -> Material:
    """Cut windows of runs of one set-up, and hold some out.

    Scores are on ``test``; without it on the last of the recordings.

    Raises
    ------
    RecordingError
        If markers are missing, or there is nothing to hold out.
    MismatchError
        If recordings differ in rate or channels.
    """
    pipeline = common_pipeline([*recordings, *test], profile)
    if not test:
        recordings, test = recordings[:-1], recordings[-1:]
    if not recordings:
        raise RecordingError(
            f"{test[0].source}: the only recording, so nothing can be held out; give two or more"
        )
    training, held_out = (
        cut_epochs(runs, profile.pipeline, profile.paradigm) for runs in (recordings, test)
    )
    described = f"held out from every round: {', '.join(Path(r.source).name for r in test)}"
    if set(held_out.labels) != set(training.labels):
        raise RecordingError(
            "a class is found in one part of the recordings only, so nothing can be held out; "
            "record every class in every run"
        )
    return Material(profile, tuple(recordings), pipeline, training, held_out, described)


class Participant:
    """A site that answers a server's requests, and writes its model at the end.

    Parameters
    ----------
    name : str
    material : Material
    agreed : Federation
    state, model : Path
        Folders for its state from round to round, and for its model (None: it is not written).

    Raises
    ------
    ProfileError
        If its windows do not fit the agreement.
    BundleError
        If no round is done yet, and ``model`` exists.
    """

    def __init__(
        self, name: str, material: Material, agreed: Federation, state: Path, model: Path | None
    ) -> None:
        self._material, self._agreed, self._model = material, agreed, model
        space, chain = agreed.model, material.pipeline.chain
        seed = 1000 * agreed.training.seed + zlib.crc32(name.encode()) % 1000
        if model is not None and not read_state(state)["accuracies"]:
            check_place(model)
        try:
            self.site = Site(
                FleegDecoder(space.trunk, space.n_virtual, space.sfreq, space.window_s, seed=seed),
                material.training, material.held_out.last_of_trials(),
                Signal(chain.sfreq, chain.channels), agreed, state,
            )  # fmt: skip
        except (ValueError, MismatchError) as error:
            raise ProfileError(f"{name}: {error}") from error

    def answer(self, kind: str, request: object) -> bytes:
        """Answer a request; nothing but `messages.ANSWERED` and a change leaves the site."""
        try:
            numbers, shared = unpack(request, ASKED[kind], self.site.shapes)
        except (NotUnderstoodError, KeyError) as error:
            _log.error("refused a request that does not fit: %s", error)
            return self._refuse(2)
        if numbers["agreement"] != self._agreed.digest():
            return self._refuse(1)
        try:
            if kind == FINISH:
                accuracy = self.site.finish(shared)
                self._write_model(int(numbers["partners"]), accuracy)
                self.site.note(accuracy=accuracy)
                return pack({"accuracy": accuracy}, {})
            accuracy, change = self.site.train(int(numbers["round"]), shared)
        except Exception:  # noqa: BLE001 - an error may name files or people, so it stays here
            _log.exception("this site could not do its part")
            return self._refuse(3)
        n_trials = len(np.unique(self._material.training.trials))
        return pack({"trials": n_trials, "accuracy": accuracy}, change)

    def _refuse(self, code: int) -> bytes:
        self.site.note(refused=REFUSALS[code])
        return refuse(code)

    def _write_model(self, n_partners: int, accuracy: float) -> None:
        """Write the bundle; its score is on trials that no round has used."""
        if self._model is None:
            return
        agreed, site, material = self._agreed, self.site, self._material
        space, privacy = agreed.model, agreed.privacy
        params = space.model_dump(include={"trunk", "n_virtual", "sfreq", "window_s"})
        choice = DecoderChoice(name="fleeg", params=params)
        profile = material.profile.model_copy(update={"decoder": choice})
        score = score_card(*site.decisions(), site.decoder.classes, material.described)
        recordings = list(material.recordings)
        name = self._model.name
        card = make_card(name, profile, material.pipeline, recordings, site.decoder, score)
        federation = FederationCard(
            name=agreed.name, rounds=agreed.training.rounds, partners=n_partners,
            accuracies=tuple(round(score, 4) for _, score in sorted(site.accuracies.items())),
            accuracy=round(accuracy, 4),
            epsilon=epsilon(site.n_sent, privacy) if privacy else None,
            delta=privacy.delta if privacy else None,
        )  # fmt: skip
        card = card.model_copy(update={"federation": federation})
        save_bundle(self._model, card, site.decoder.arrays(), overwrite=True)

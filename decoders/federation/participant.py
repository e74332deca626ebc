"""A site as a participant: its recordings, answers to the server, and model."""

import logging
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bci.errors import BundleError, MismatchError, ProfileError, RecordingError
from bci.models.bundle import check_place, load_card, save_bundle
from bci.models.card import FederationCard
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import DecoderChoice, Profile, load_profile
from bci.recording.formats import without_parts
from bci.recording.read import read_recording
from bci.signals import Recording, Signal
from bci.training.calibrate import common_pipeline
from bci.training.card import make_card, score_card
from bci.training.epochs import Epochs, cut_epochs
from decoders.federation import messages
from decoders.federation.agreement import Federation, load_federation
from decoders.federation.site import Site, epsilon
from decoders.neural.fleeg_decoder import FleegDecoder

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Material:
    """A site's recordings and their windows.

    ``held_out`` has the windows of the last recording, for the score; ``training`` the others.
    """

    profile: Profile
    recordings: tuple[Recording, ...]
    pipeline: Pipeline
    training: Epochs
    held_out: Epochs


def cut_material(profile: Profile, recordings: list[Recording]) -> Material:
    """Cut windows from runs of one set-up, and hold out those of the last run.

    Raises RecordingError if there is only one run, MismatchError if runs do not fit together.
    """
    pipeline = common_pipeline(recordings, profile)
    if len(recordings) == 1:
        raise RecordingError(
            f"{recordings[0].source}: the only recording, so nothing can be held out; "
            "give two or more"
        )
    training, held_out = (
        cut_epochs(runs, profile.pipeline, profile.paradigm)
        for runs in (recordings[:-1], recordings[-1:])
    )
    if set(held_out.labels) != set(training.labels):
        raise RecordingError(
            "a class is found in one part of the recordings only, so nothing can be held out; "
            "record every class in every run"
        )
    return Material(profile, tuple(recordings), pipeline, training, held_out)


def read_participant(
    agreement: str, site: str, profile: str, data: Sequence[str], state: str, out: str
) -> "Participant":
    """Make a participant from files; see `Participant` and `cut_material`."""
    wanted = load_profile(profile)
    files = without_parts([Path(file) for file in data])
    material = cut_material(wanted, [read_recording(file, profile=wanted) for file in files])
    return Participant(site, material, load_federation(Path(agreement)), Path(state), Path(out))


class Participant:
    """A site that answers the server's requests and writes its model at the end.

    The folder ``state`` has its state between rounds. ``model`` is the folder of its model; None
    writes no model.

    Raises ProfileError if its windows do not fit the agreement, BundleError if ``model`` exists
    before the first round or is not of this federation.
    """

    def __init__(
        self, name: str, material: Material, agreed: Federation, state: Path, model: Path | None
    ) -> None:
        self._material, self._agreed, self._model = material, agreed, model
        self._decoder = asdict(agreed.model.network())
        seed = 1000 * agreed.training.seed + zlib.crc32(name.encode()) % 1000
        chain = material.pipeline.chain
        try:
            self.site = Site(
                FleegDecoder(**self._decoder, seed=seed), material.training,
                material.held_out.last_of_trials(), Signal(chain.sfreq, chain.channels),
                agreed, state,
            )  # fmt: skip
        except (ValueError, MismatchError) as error:
            raise ProfileError(f"{name}: {error}") from error
        if model is not None:
            is_written = self._is_written(model)
            # An earlier refusal is outdated; so is a final accuracy if there is no model.
            self.site.note(accuracy=self.site.state.accuracy if is_written else None)

    def _is_written(self, model: Path) -> bool:
        """Return whether ``model`` is this federation's; raise BundleError if it is another one."""
        if not model.exists():
            check_place(model)
            return False
        check_place(model, overwrite=bool(self.site.state.accuracies))
        federation = load_card(model).federation
        if federation is None or federation.name != self._agreed.name:
            raise BundleError(
                f"{model} is another model, and is not replaced; choose another --out"
            )
        return True

    def answer(self, kind: str, request: object) -> bytes:
        """Answer a request; only the numbers `messages.ANSWERED` and the change leave the site."""
        try:
            numbers, shared = messages.unpack(request, messages.ASKED[kind], self.site.shapes)
        except (messages.NotUnderstoodError, KeyError) as error:
            _log.error("refused a request that does not fit: %s", error)
            return self._refuse(2)
        if numbers["agreement"] != self._agreed.digest():
            return self._refuse(1)
        try:
            if kind == messages.FINISH:
                accuracy = self.site.finish(shared)
                self._write_model(int(numbers["partners"]), accuracy)
                self.site.note(accuracy=accuracy)
                return messages.pack({"accuracy": accuracy}, {})
            accuracy, change = self.site.train(int(numbers["round"]), shared)
        except Exception:  # noqa: BLE001 - an error may name files or people, so it is not sent
            _log.exception("this site could not do its part")
            return self._refuse(3)
        n_trials = len(np.unique(self._material.training.trials))
        return messages.pack({"trials": n_trials, "accuracy": accuracy}, change)

    def _refuse(self, code: int) -> bytes:
        self.site.note(refused=messages.REFUSALS[code])
        return messages.refuse(code)

    def _write_model(self, n_partners: int, accuracy: float) -> None:
        """Write the model; its score is that on held-out trials, which no round has used."""
        if self._model is None:
            return
        agreed, material, site = self._agreed, self._material, self.site
        choice = DecoderChoice(name="fleeg", params=self._decoder)
        profile = material.profile.model_copy(update={"decoder": choice})
        *training, held_out = material.recordings
        folds = f"held out from every round: {Path(held_out.source).name}"
        score = score_card(*site.decisions(), site.decoder.classes, folds)
        card = make_card(
            self._model.name, profile, material.pipeline, training, site.decoder, score
        )
        privacy, state = agreed.privacy, site.state
        federation = FederationCard(
            name=agreed.name, rounds=agreed.training.rounds, partners=n_partners,
            accuracies=tuple(round(each, 4) for _, each in sorted(state.accuracies.items())),
            accuracy=round(accuracy, 4),
            epsilon=epsilon(state.sent, privacy) if privacy else None,
            delta=privacy.delta if privacy else None,
        )  # fmt: skip
        card = card.model_copy(update={"federation": federation})
        save_bundle(self._model, card, site.decoder.arrays(), overwrite=True)

"""Federated training: sites train by turns and share nothing but changes of the trunk.

One round: every site takes the shared weights, trains all its layers on its own recordings, and
gives back by how much the shared ones changed; the server adds the mean of the changes, weighted
by the sites' trials (McMahan et al. 2017, arXiv 1602.05629). Personal layers stay at their site.
How weights travel is not told here; see `decoders.federation`.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from bci.signals import FloatArray, Signal
from decoders.classical.alignment import align_groups
from decoders.networks.fleeg import Fleeg, FleegSettings, shared_names
from decoders.neural.fleeg_decoder import FleegDecoder
from decoders.neural.network_decoder import cross_entropy
from decoders.neural.training import TrainingSettings, train

Arrays = dict[str, NDArray[np.float32]]

# A restarted server may ask again for the round before the newest.
_STATES_KEPT = 2
_TOLD = "told.json"
# Seeds of rounds must not meet those of the sites' first weights.
_ROUNDS_PER_SEED = 100_000


@dataclass(frozen=True)
class Clipping:
    """How a site's change is made private: shortened to ``norm``, then noise is added.

    ``noise`` is the standard deviation of every number, in units of ``norm``.
    """

    norm: float
    noise: float


@dataclass(frozen=True)
class Labelled:
    """Windows (n, n_channels, n_samples), their class names (n,) and runs (n,)."""

    windows: FloatArray
    labels: NDArray[np.str_]
    runs: NDArray[np.int64]


@dataclass(frozen=True)
class Contribution:
    """What a site gives back after a round.

    ``received`` and ``trained`` are its accuracies on its held-out trials with the weights that
    came and after its own training; ``loss`` is of the last epoch on its training windows.
    """

    change: Arrays
    n_trials: int
    received: float
    trained: float
    loss: float


def initial_weights(settings: FleegSettings, seed: int) -> Arrays:
    """The shared weights that a federation starts from."""
    torch.manual_seed(seed)
    n_samples = round(settings.window_s * settings.sfreq)
    return shared_weights(Fleeg(1, n_samples, settings.sfreq, 2, settings))


def shared_weights(model: Fleeg) -> Arrays:
    """A copy of what a model shares."""
    state = model.state_dict()
    return {name: state[name].numpy().copy() for name in shared_names(model)}


def add_mean_change(
    shared: Mapping[str, NDArray[np.float32]],
    changes: Sequence[Mapping[str, NDArray[np.float32]]],
    n_trials: list[int],
) -> Arrays:
    """Shared weights after a round: plus the sites' changes, weighted by their trials."""
    weights = np.array(n_trials, dtype=np.float64) / sum(n_trials)
    summed = {}
    for name, old in shared.items():
        stacked = np.stack([change[name] for change in changes]).astype(np.float64)
        summed[name] = (old + np.tensordot(weights, stacked, axes=1)).astype(np.float32)
    return summed


def length(change: Mapping[str, NDArray[np.generic]]) -> float:
    """Euclidean norm of all arrays together."""
    squares = (float(np.square(array, dtype=np.float64).sum()) for array in change.values())
    return float(np.sqrt(sum(squares)))


def what_is_wrong(
    given: Mapping[str, NDArray[np.generic]],
    like: Mapping[str, NDArray[np.float32]],
    longest: float = float("inf"),
) -> str | None:
    """Why arrays cannot be what was agreed on; None if they can.

    Parameters
    ----------
    given : mapping of str to ndarray
        From another machine: anything.
    like : mapping of str to ndarray
        Right names, shapes and number type.
    longest : float
        Largest Euclidean norm of all together.
    """
    if set(given) != set(like):
        return f"{len(set(given) ^ set(like))} arrays too many or too few"
    for name, right in like.items():
        array = given[name]
        if array.dtype != right.dtype or array.shape != right.shape:
            found = f"{array.dtype} {array.shape}"
            return f"{name} is {found:.100}, not {right.dtype} {right.shape}"
        if not np.isfinite(array).all():
            return f"{name} is not finite"
    norm = length(given)
    return f"its norm is {norm:.3g}, above {longest:g}" if norm > longest else None


def make_private(change: Arrays, clipping: Clipping, rng: np.random.Generator) -> Arrays:
    """A change shortened to the agreed norm, plus Gaussian noise (the Gaussian mechanism)."""
    norm = length(change)
    scale = min(1.0, clipping.norm / norm) if norm else 1.0
    return {
        name: (scale * array + clipping.norm * clipping.noise * rng.standard_normal(array.shape))
        .astype(np.float32)
        for name, array in change.items()
    }  # fmt: skip


def longest_noise(clipping: Clipping, n_numbers: int) -> float:
    """A norm that the noise on so many numbers exceeds less than once in ten million times."""
    return clipping.norm * clipping.noise * (math.sqrt(n_numbers) + 6)


class Site:
    """One site's part: its recordings, its personal layers, its model.

    What a round does depends on the state after the round before and on the weights that come, and
    on nothing else: done again after a crash it gives the same.

    Parameters
    ----------
    decoder : FleegDecoder
        Untrained; what `finish` leaves trained.
    training, held_out : Labelled
        Windows to learn from, and one window a trial to score on, of runs that ``training`` has
        not seen.
    n_trials : int
        Of the training runs.
    signal : Signal
    settings : TrainingSettings
        Of one round.
    folder : Path
        Where the personal layers are kept from round to round.
    clipping : Clipping, optional
    """

    def __init__(
        self,
        decoder: FleegDecoder,
        training: Labelled,
        held_out: Labelled,
        n_trials: int,
        signal: Signal,
        settings: TrainingSettings,
        folder: Path,
        clipping: Clipping | None = None,
    ) -> None:
        self.decoder, self.n_trials = decoder, n_trials
        self._settings, self._folder, self._clipping = settings, folder, clipping
        decoder.begin(training.windows, training.labels, signal)
        assert isinstance(decoder.model, Fleeg)
        self.model: Fleeg = decoder.model
        self._held_out = held_out
        self._aligned = align_groups(training.windows, training.runs)
        self._classes = np.searchsorted(decoder.classes, training.labels).astype(np.int64)
        self._runs = training.runs
        self._first = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.shapes = shared_weights(self.model)
        folder.mkdir(parents=True, exist_ok=True)
        self.n_sent, self.accuracies = self._told()
        """How many changes have left this site, in all rounds: what a privacy budget counts; and
        its accuracy on held-out trials with the weights that came, by round."""

    def train(self, number: int, shared: Arrays) -> Contribution:
        """Do one round, counted from 1, from weights that `what_is_wrong` has nothing against."""
        self._restore(number)
        self._take(shared)
        received = self.accuracy()
        settings = self._seeded(number)
        history = train(
            self.model, self._aligned, self._classes, self._runs, settings, cross_entropy
        )
        trained = self.accuracy()
        after = shared_weights(self.model)
        change = {name: after[name] - shared[name] for name in after}
        self._keep(number)
        if self._clipping is not None:
            # Not seeded: noise that can be drawn again hides nothing.
            change = make_private(change, self._clipping, np.random.default_rng())
        self._tell(number, received)
        return Contribution(change, self.n_trials, received, trained, history[-1].loss)

    def finish(self, n_rounds: int, shared: Arrays, epochs: int) -> float:
        """Take the final trunk and fit the personal layers to it; the accuracy on held-out trials.

        The trunk stays as it came.
        """
        self._restore(n_rounds + 1)
        self._take(shared)
        names = set(shared_names(self.model))
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(name not in names)
        if epochs:
            settings = replace(self._seeded(n_rounds + 1), epochs=epochs)
            train(self.model, self._aligned, self._classes, self._runs, settings, cross_entropy)
        for parameter in self.model.parameters():
            parameter.requires_grad_(True)
        return self.accuracy()

    def decisions(self) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
        """True classes and decisions of the held-out trials."""
        self.model.eval()
        chosen = [
            self.decoder.classes[int(self.decoder.predict_proba(window).argmax())]
            for window in self._held_out.windows
        ]
        return self._held_out.labels, np.array(chosen)

    def accuracy(self) -> float:
        """Share of the held-out trials decided rightly."""
        truth, decided = self.decisions()
        return float(np.mean(truth == decided))

    def _seeded(self, number: int) -> TrainingSettings:
        return replace(self._settings, seed=self._settings.seed * _ROUNDS_PER_SEED + number)

    def _take(self, shared: Arrays) -> None:
        state = {name: torch.from_numpy(np.array(array)) for name, array in shared.items()}
        self.model.load_state_dict(state, strict=False)

    def _restore(self, number: int) -> None:
        """Personal layers as they were before a round: the newest that are older than it."""
        older = [file for n, file in self._states() if n < number]
        if not older:
            self.model.load_state_dict(self._first)
            return
        try:
            personal = load_file(older[-1])
            if set(personal) != self.model.state_dict().keys() - self.shapes.keys():
                raise ValueError("it holds other layers")
            self.model.load_state_dict(personal, strict=False)
        except (SafetensorError, RuntimeError, ValueError, OSError) as error:
            raise ValueError(
                f"{older[-1]} is not a state of this site ({error}); give another --state folder"
            ) from error

    def _keep(self, number: int) -> None:
        personal = {
            name: value.detach().clone().contiguous()
            for name, value in self.model.state_dict().items()
            if name not in self.shapes
        }
        new = self._folder / ".round.new"
        save_file(personal, new)
        new.replace(self._folder / f"round-{number:05d}.safetensors")
        # Of a run begun anew in the same folder, later rounds are no longer true.
        for n, file in self._states():
            if n > number or n <= number - _STATES_KEPT:
                file.unlink()

    def _told(self) -> tuple[int, dict[int, float]]:
        file = self._folder / _TOLD
        if not file.exists():
            return 0, {}
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            return int(told["sent"]), {int(k): float(v) for k, v in told["accuracies"].items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{file} cannot be read; give another --state folder") from error

    def _tell(self, number: int, received: float) -> None:
        # Of a run begun anew in the same folder, later rounds are no longer true.
        earlier = {n: score for n, score in self.accuracies.items() if n < number}
        self.n_sent, self.accuracies = self.n_sent + 1, earlier | {number: received}
        new = self._folder / f".{_TOLD}.new"
        told = {"sent": self.n_sent, "accuracies": self.accuracies}
        new.write_text(json.dumps(told), encoding="utf-8")
        new.replace(self._folder / _TOLD)

    def _states(self) -> list[tuple[int, Path]]:
        found = sorted(self._folder.glob("round-*.safetensors"))
        return [(int(file.stem.removeprefix("round-")), file) for file in found]

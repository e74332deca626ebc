"""One site's training: its windows, personal layers and optimizer.

In a round, a site receives the shared weights, trains all its layers on its own windows, and
returns the change of the shared layers. The server adds the mean change (McMahan et al. 2017, arXiv
1602.05629). One AdamW optimizer and one cosine schedule span all rounds, as in the code of FLEEG's
authors. The optimizer's moments stay at the site.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from bci.files.writable import appearing, require_folder
from bci.signals import Signal
from bci.training.epochs import Epochs
from decoders.classical.alignment import align_groups
from decoders.federation.agreement import CommonSpace, Federation, Privacy
from decoders.federation.messages import Arrays, length
from decoders.federation.state_file import StateFile
from decoders.networks.fleeg import Fleeg, shared_names
from decoders.neural.checkpoint import put_back, state_of
from decoders.neural.fleeg_decoder import FleegDecoder
from decoders.neural.one_thread import one_thread

# Number of stored states, because a restarted server may repeat the round before the newest.
_STATES_KEPT = 2
# Keeps the seeds of rounds different from those of the sites' initial weights.
_ROUNDS_PER_SEED = 100_000
_HEAD = "head."


def initial_weights(space: CommonSpace, seed: int) -> Arrays:
    """Make the initial shared weights; raise ValueError for invalid settings."""
    torch.manual_seed(seed)
    settings, classes = space.network(), space.shared_classes
    n_samples = round(settings.window_s * settings.sfreq)
    model = Fleeg(1, n_samples, settings.sfreq, max(2, len(classes)), settings)
    return shared_weights(model, classes, classes)


def shared_weights(model: Fleeg, classes: Sequence[str], shared: Sequence[str]) -> Arrays:
    """Copy the shared layers: the trunk, and the classifier's rows of the classes ``shared``."""
    state, head = model.state_dict(), model.classifier
    arrays = {name: state[name].numpy().copy() for name in shared_names(model)}
    rows = torch.cat([head.weight, head.bias[:, None]], dim=1).detach().numpy()
    return arrays | {_HEAD + name: rows[classes.index(name)].copy() for name in shared}


def add_mean_change(shared: Arrays, changes: Sequence[Arrays], n_trials: Sequence[int]) -> Arrays:
    """Add the mean of the sites' changes, weighted by their numbers of trials."""
    means = {
        name: np.average([change[name] for change in changes], axis=0, weights=n_trials)
        for name in shared
    }
    return {name: (old + means[name]).astype(np.float32) for name, old in shared.items()}


def make_private(change: Arrays, privacy: Privacy, rng: np.random.Generator) -> Arrays:
    """Clip a change to the agreed norm and add Gaussian noise (the Gaussian mechanism)."""
    norm, deviation = length(change), privacy.clip_norm * privacy.noise_multiplier
    scale = min(1.0, privacy.clip_norm / norm) if norm else 1.0
    return {
        name: (scale * array + deviation * rng.standard_normal(array.shape)).astype(np.float32)
        for name, array in change.items()
    }


def longest_noise(privacy: Privacy, n_numbers: int) -> float:
    """Return a norm that noise on ``n_numbers`` numbers exceeds with a probability below 1e-7."""
    return privacy.clip_norm * privacy.noise_multiplier * (math.sqrt(n_numbers) + 6)


def epsilon(n_sent: int, privacy: Privacy) -> float:
    """Compute the epsilon of differential privacy for all recordings of a site.

    It holds against anyone who receives its ``n_sent`` changes. Replacing all recordings moves a
    change by at most twice the clipping norm, so half of the noise multiplier counts. Numbers of
    trials and accuracies are not covered.
    """
    from dp_accounting import GaussianDpEvent
    from dp_accounting.rdp import RdpAccountant

    accountant = RdpAccountant()
    accountant.compose(GaussianDpEvent(privacy.noise_multiplier / 2), n_sent)
    return float(accountant.get_epsilon(privacy.delta))


class SiteState(StateFile):
    """Progress of a site.

    ``sent`` counts the changes that it sent in all rounds, for the privacy budget. ``accuracies``
    has the accuracy on held-out trials with the received weights, by round; ``accuracy`` is the
    final one. ``refused`` is the reason why it left the federation; None if it did not.
    """

    NAME = "site.json"
    sent: int = 0
    accuracies: dict[int, float] = Field(default_factory=dict)
    accuracy: float | None = None
    refused: str | None = None


class Site:
    """One site's part in every round.

    A round depends only on the state after the round before and on the received weights. So a round
    repeated after a crash gives the same result, apart from privacy noise. ``decoder`` is untrained
    at first and trained after `finish`. ``held_out`` has one window per trial. ``folder`` has the
    state between rounds. Raises ValueError if windows or classes do not fit the agreement.
    """

    def __init__(
        self, decoder: FleegDecoder, training: Epochs, held_out: Epochs, signal: Signal,
        agreed: Federation, folder: Path,
    ) -> None:  # fmt: skip
        self.decoder, self._agreed, self._folder = decoder, agreed, folder
        numbers = decoder.begin(training.windows, training.labels, signal)
        missing = set(agreed.model.shared_classes) - set(decoder.classes)
        if missing:
            raise ValueError(f"its recordings lack the shared class {', '.join(sorted(missing))}")
        assert isinstance(decoder.model, Fleeg)
        self.model: Fleeg = decoder.model
        self._held_out = held_out
        self._x = torch.from_numpy(align_groups(training.windows, training.runs))
        self._y = torch.from_numpy(numbers)
        # All classes have equal weight, whatever their numbers of windows.
        counts = np.bincount(numbers, minlength=len(decoder.classes))
        self._weights = torch.from_numpy((counts.mean() / counts).astype(np.float32))
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(), agreed.training.lr, weight_decay=agreed.training.weight_decay
        )
        self._first = state_of("site", self.model, self._optimizer)
        self.shapes = self.shared()
        require_folder(folder, "--state")
        self.state = SiteState.read(folder, agreed)

    def shared(self) -> Arrays:
        """Copy the shared layers."""
        return shared_weights(self.model, self.decoder.classes, self._agreed.model.shared_classes)

    def train(self, number: int, shared: Arrays) -> tuple[float, Arrays]:
        """Train one round, counted from 1.

        Returns the accuracy on held-out trials with the received weights ``shared``, 0 to 1, and
        the weights' change by training. Raises ValueError for a round that was not agreed. With
        differential privacy, also if twice the agreed rounds were sent: each repetition leaks more
        about the recordings.
        """
        n_rounds, sent = self._agreed.training.rounds, self.state.sent
        if not 1 <= number <= n_rounds:
            raise ValueError(f"round {number} is none of the agreed {n_rounds}")
        if self._agreed.privacy is not None and sent >= 2 * n_rounds:
            raise ValueError(f"{sent} changes were sent, twice the agreed rounds")
        self._take(number, shared)
        accuracy = self.accuracy()
        self._fit(number)
        change: Arrays = {name: after - shared[name] for name, after in self.shared().items()}
        if self._agreed.privacy is not None:
            # Not seeded, because noise that can be reproduced gives no privacy.
            change = make_private(change, self._agreed.privacy, np.random.default_rng())
        self._keep(number, accuracy)
        return accuracy, change

    def finish(self, shared: Arrays) -> float:
        """Set the final shared layers; return the accuracy on held-out trials."""
        self._take(self._agreed.training.rounds + 1, shared)
        return self.accuracy()

    def decisions(self, trials: Epochs | None = None) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
        """Return the true class and the decision of each trial, (n_trials,) each.

        By default they are of the held-out trials.
        """
        trials = trials or self._held_out
        self.model.eval()
        chosen = [
            self.decoder.classes[int(self.decoder.predict_proba(window).argmax())]
            for window in trials.windows
        ]
        return trials.labels, np.array(chosen)

    def accuracy(self, trials: Epochs | None = None) -> float:
        """Compute the share of trials that are decided correctly, by default of held-out ones."""
        truth, decided = self.decisions(trials)
        return float(np.mean(truth == decided))

    def note(self, **changed: object) -> None:
        """Write fields of the state, for the process that monitors this site.

        The final accuracy and the refusal are those of the last request, so None unless given.
        """
        self.state = self.state.model_copy(update={"accuracy": None, "refused": None} | changed)
        self.state.write(self._folder)

    @one_thread()
    def _fit(self, number: int) -> None:
        s, n = self._agreed.training, len(self._y)
        seed = self.decoder.settings.seed * _ROUNDS_PER_SEED + number
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        self.model.train()
        for epoch in range(s.epochs):
            done = ((number - 1) * s.epochs + epoch) / (s.rounds * s.epochs)
            for group in self._optimizer.param_groups:
                group["lr"] = s.lr * (1 + math.cos(math.pi * done)) / 2
            for rows in np.array_split(rng.permutation(n), math.ceil(n / s.batch)):
                self._optimizer.zero_grad(set_to_none=True)
                logits = self.model(self._x[rows])
                loss = nn.functional.cross_entropy(logits, self._y[rows], self._weights)
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                self._optimizer.step()
                if not loss.isfinite():
                    raise ValueError(f"the loss of round {number} is not finite; lower the lr")

    def _take(self, number: int, shared: Arrays) -> None:
        """Restore personal layers and optimizer before round ``number``; set the shared layers."""
        older = [file for n, file in self._states() if n < number]
        try:
            tensors = load_file(older[-1]) if older else self._first
            put_back("site", self.model, self._optimizer, tensors)
        except (SafetensorError, RuntimeError, ValueError, KeyError, OSError) as error:
            raise ValueError(f"{older[-1]} is not a state of this site ({error})") from error
        arrays = {name: torch.from_numpy(array.copy()) for name, array in shared.items()}
        trunk = {name: array for name, array in arrays.items() if not name.startswith(_HEAD)}
        self.model.load_state_dict(trunk, strict=False)
        head = self.model.classifier
        with torch.no_grad():
            for name in self._agreed.model.shared_classes:
                row, values = self.decoder.classes.index(name), arrays[_HEAD + name]
                head.weight[row], head.bias[row] = values[:-1], values[-1]

    def _keep(self, number: int, accuracy: float) -> None:
        with appearing(self._folder / f"round-{number:05d}.safetensors") as new:
            save_file(state_of("site", self.model, self._optimizer), new)
        # If a federation was restarted in the same folder, states of later rounds are outdated.
        for n, file in self._states():
            if n > number or n <= number - _STATES_KEPT:
                file.unlink()
        earlier = {n: score for n, score in self.state.accuracies.items() if n < number}
        self.note(sent=self.state.sent + 1, accuracies=earlier | {number: accuracy})

    def _states(self) -> list[tuple[int, Path]]:
        found = sorted(self._folder.glob("round-*.safetensors"))
        return [(int(file.stem.removeprefix("round-")), file) for file in found]

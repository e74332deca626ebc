"""Agreement of a federation's partners: a validated YAML file, identical at every site."""

import hashlib
from pathlib import Path

from pydantic import Field, model_validator

from bci.errors import ProfileError
from bci.profiles.pipeline_settings import Hertz, Settings
from bci.profiles.profile import parse_yaml
from decoders.networks.fleeg import FleegSettings

# Whole numbers of this many bytes are exact in every number type of the messages (float64).
_DIGEST_BYTES = 6


class CommonSpace(Settings):
    """The feature space of all sites; see `decoders.networks.fleeg.FleegSettings`.

    With ``share_head``, the classifier's rows of ``classes`` are shared too.
    """

    trunk: str = "dbconformer"
    n_virtual: int = Field(default=16, ge=1, le=1024)
    sfreq: Hertz = 128.0
    window_s: float = Field(default=4.0, gt=0, le=60)
    share_head: bool = True
    classes: tuple[str, ...] = Field(default=(), max_length=1000)

    @model_validator(mode="after")
    def _shared_classes_are_named(self) -> "CommonSpace":
        if self.share_head and len(set(self.classes)) < max(2, len(self.classes)):
            raise ValueError(
                "classes: name the two or more classes that all sites have, each once; "
                "or give share_head: false"
            )
        return self

    @property
    def shared_classes(self) -> tuple[str, ...]:
        """Classes whose rows of the classifier are shared."""
        return self.classes if self.share_head else ()

    def network(self) -> FleegSettings:
        """The settings of the network."""
        return FleegSettings(self.trunk, self.n_virtual, self.sfreq, self.window_s)


class Rounds(Settings):
    """Training at every site: ``epochs`` epochs per round, one cosine schedule over all rounds."""

    rounds: int = Field(default=40, ge=1, le=10_000)
    epochs: int = Field(default=1, ge=1, le=1000)
    batch: int = Field(default=32, ge=2, le=4096)
    lr: float = Field(default=1e-3, gt=0, le=1)
    weight_decay: float = Field(default=1e-2, ge=0, le=10)
    seed: int = Field(default=0, ge=0, le=10_000)


class Privacy(Settings):
    """Differential privacy: changes are clipped to the norm ``clip_norm``; noise is added.

    The standard deviation of the noise is ``noise_multiplier * clip_norm``.
    """

    clip_norm: float = Field(gt=0, le=1e6)
    noise_multiplier: float = Field(gt=0, le=1e4)
    delta: float = Field(default=1e-5, gt=0, lt=1)


class Partner(Settings):
    """A site; ``profile`` and ``data`` are for simulations, with paths relative to the file."""

    name: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    profile: str | None = None
    data: tuple[str, ...] = ()


class Server(Settings):
    """Server settings: sites per round, longest waits, largest norm of a site's change."""

    min_sites: int = Field(default=2, ge=1, le=1000)
    join_timeout_s: float = Field(default=600, gt=0, le=7 * 86_400)
    round_timeout_s: int = Field(default=1800, gt=0, le=7 * 86_400)
    max_change: float = Field(default=100.0, gt=0, le=1e6)


class Federation(Settings):
    """The whole agreement."""

    name: str = Field(min_length=1, max_length=60)
    model: CommonSpace
    training: Rounds = Rounds()
    privacy: Privacy | None = None
    sites: tuple[Partner, ...] = Field(min_length=1, max_length=1000)
    server: Server = Server()

    @model_validator(mode="after")
    def _sites_are_distinct_and_enough(self) -> "Federation":
        names = {site.name for site in self.sites}
        if len(names) < len(self.sites):
            raise ValueError("sites: two have the same name")
        if "server" in names:
            raise ValueError("sites: 'server' names the server; choose another name")
        if (least := self.server.min_sites) > len(names):
            raise ValueError(f"server.min_sites is {least}, but there are {len(names)} sites")
        return self

    def digest(self) -> int:
        """Hash of model, training and privacy, as a whole number of 48 bits."""
        agreed = self.model_dump_json(include={"model", "training", "privacy"})
        return int.from_bytes(hashlib.sha256(agreed.encode()).digest()[:_DIGEST_BYTES])


def load_federation(file: Path) -> Federation:
    """Read and check a federation's file; a ProfileError names the key path."""
    return parse_yaml(file, Federation, ProfileError)

"""What partners of a federation agree on, as a validated YAML file: the same one at every site."""

import hashlib
import ipaddress
import re
from pathlib import Path

from pydantic import Field, model_validator

from bci.errors import ProfileError
from bci.profiles.pipeline_settings import Hertz, Settings
from bci.profiles.profile import parse_yaml

# An IPv6 address is in brackets, as in web addresses.
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})")
# A whole number of this many bits passes through every number type on the way.
_DIGEST_BITS = 48


class CommonSpace(Settings):
    """The feature space that every site maps its signals into.

    ``window_s`` is the longest window of any site.
    """

    trunk: str = "dbconformer"
    n_virtual: int = Field(default=16, ge=1, le=1024)
    sfreq: Hertz = 128.0
    window_s: float = Field(default=4.0, gt=0, le=60)


class Rounds(Settings):
    """How long and how every site trains.

    ``epochs`` are of one round, ``finish_epochs`` of the personal layers alone at the end;
    ``sharpness`` is the radius of sharpness-aware steps, 0 for plain ones.
    """

    rounds: int = Field(default=20, ge=1, le=10_000)
    epochs: int = Field(default=2, ge=1, le=1000)
    finish_epochs: int = Field(default=5, ge=0, le=1000)
    batch: int = Field(default=32, ge=2, le=4096)
    lr: float = Field(default=1e-3, gt=0, le=1)
    weight_decay: float = Field(default=1e-2, ge=0, le=10)
    sharpness: float = Field(default=0.0, ge=0, le=10)
    seed: int = Field(default=0, ge=0, le=10_000)


class Privacy(Settings):
    """Shorten every site's change to ``clip_norm`` and add noise of ``noise_multiplier`` times it.

    The budget is told for ``delta``.
    """

    clip_norm: float = Field(gt=0, le=1e6)
    noise_multiplier: float = Field(gt=0, le=1e4)
    delta: float = Field(default=1e-5, gt=0, lt=1)


class Partner(Settings):
    """A site. ``public_key`` is for the server; the rest for a simulation of all on one machine.

    Paths are relative to the file that names them. Without ``test`` the last of the recordings
    is held out, or the last fifth of the trials of a single one.
    """

    name: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    public_key: str | None = None
    profile: str | None = None
    data: tuple[str, ...] = ()
    test: tuple[str, ...] = ()


class Server(Settings):
    """Where sites meet, and how long one waits for them.

    Without ``certificate`` and ``key`` (PEM files) the server listens on this machine only.
    ``max_change`` is the largest norm of a site's change in one round.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=9092, ge=1, le=65535)
    certificate: str | None = None
    key: str | None = None
    min_sites: int = Field(default=2, ge=1, le=1000)
    join_timeout_s: float = Field(default=600, gt=0, le=7 * 86_400)
    round_timeout_s: float = Field(default=1800, gt=0, le=7 * 86_400)
    max_change: float = Field(default=100.0, gt=0, le=1e6)

    @model_validator(mode="after")
    def _reachable_from_elsewhere_only_with_tls(self) -> "Server":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together: give both, or neither")
        if self.certificate is None and not _is_loopback(self.host):
            raise ValueError(
                f"host {self.host} can be reached from other machines: give certificate and key"
            )
        return self

    @property
    def address(self) -> str:
        """As ``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Federation(Settings):
    """The whole agreement."""

    name: str = Field(min_length=1, max_length=60)
    model: CommonSpace = CommonSpace()
    training: Rounds = Rounds()
    privacy: Privacy | None = None
    sites: tuple[Partner, ...] = Field(min_length=1, max_length=1000)
    server: Server = Field(default_factory=lambda: Server())

    @model_validator(mode="after")
    def _sites_are_distinct(self) -> "Federation":
        if len({site.name for site in self.sites}) < len(self.sites):
            raise ValueError("sites: two have the same name")
        return self

    def digest(self) -> int:
        """A number that is the same where model, training and privacy are."""
        agreed = self.model_dump_json(include={"model", "training", "privacy"})
        return int.from_bytes(hashlib.sha256(agreed.encode()).digest()[: _DIGEST_BITS // 8])

    def site(self, name: str) -> Partner:
        """The partner of a name.

        Raises
        ------
        ProfileError
            If there is none.
        """
        for site in self.sites:
            if site.name == name:
                return site
        known = ", ".join(site.name for site in self.sites)
        raise ProfileError(f"sites: there is no {name!r}; there are {known}")


def load_federation(file: Path) -> Federation:
    """Read and check a federation's file.

    Raises
    ------
    ProfileError
        If it is missing, not YAML, or invalid; the message names the key path.
    """
    agreed = parse_yaml(file, Federation, ProfileError)
    least, n_sites = agreed.server.min_sites, len(agreed.sites)
    if least > n_sites:
        raise ProfileError(f"{file}: server.min_sites is {least}, but there are {n_sites} sites")
    return agreed


def is_this_machine(address: str) -> bool:
    """Whether ``host:port`` can only mean the machine that asks.

    Raises
    ------
    ProfileError
        If it is no such address.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or not 1 <= int(found[2]) <= 65535:
        raise ProfileError(f"--server: {address!r} is not host:port, as in hub.example.org:9092")
    return _is_loopback(found[1].strip("[]"))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

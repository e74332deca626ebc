"""Bridge ``osc``: decisions and probabilities as Open Sound Control over UDP.

With the prefix ``/bci``:

- ``/bci/decision`` seq (i), change (s), label (s; at an offset, the class that ended),
  confidence (f; -1 if unknown), simulated (T or F)
- ``/bci/probability/LABEL`` probability (f): one message per class, in one bundle per window
- ``/bci/status`` seq (i), state (s), decided label (s; empty for none), simulated (T or F)
"""

import re
import threading
from collections.abc import Callable
from itertools import chain, count

from pydantic import Field

from bci.bridges.datagrams import DatagramSettings, send_datagrams
from bci.bridges.translation import BridgedMessage
from bci.errors import PluginError
from bci.messages import BridgedDecision, BridgedPrediction, BridgedStatus
from bci.plugins.installing import how_to_install

# Characters that are forbidden in an OSC address, or that some receivers do not support.
_NOT_IN_ADDRESS = re.compile(r"[^A-Za-z0-9_.:+-]")
_MAX_PARTS = 1000


class OscSettings(DatagramSettings):
    """Parameters of the bridge ``osc``."""

    port: int = Field(default=9000, ge=1, le=65535, description="UDP port of the receiver.")
    prefix: str = Field(
        default="/bci", pattern=r"^(/[A-Za-z0-9_.-]+){1,4}$", max_length=64,
        description="Begin of every address.",
    )  # fmt: skip


class OscBridge:
    """Decisions and probabilities as Open Sound Control over UDP."""

    settings = OscSettings
    needs = ("pythonosc",)

    def __init__(self, settings: OscSettings) -> None:
        self._settings = settings
        self.report: Callable[[str], None] = lambda _: None
        try:
            import pythonosc  # noqa: F401 - a missing package is an error before anything starts
        except ImportError as error:
            raise PluginError(f"osc needs pythonosc: {how_to_install('pythonosc')}") from error

    def run(self, stop: threading.Event) -> None:
        """Send messages until ``stop`` is set; see `bci.interfaces.Bridge`."""
        prefix, parts = self._settings.prefix, AddressParts()
        send_datagrams(
            self._settings, lambda message: encode(message, prefix, parts), self.report, stop
        )


class AddressParts:
    """Conversion of labels to parts of addresses: ``left hand`` becomes ``left_hand``.

    If another label already has this part, a number is appended: ``left_hand_2``. The same label
    always gets the same part.
    """

    def __init__(self) -> None:
        self._parts: dict[str, str] = {}

    def of(self, label: str) -> str:
        """Return the part of an address for ``label``."""
        if label not in self._parts:
            if len(self._parts) >= _MAX_PARTS:
                self._parts.clear()
            taken = set(self._parts.values())
            plain = _NOT_IN_ADDRESS.sub("_", label) or "_"
            numbered = (f"{plain}_{number}" for number in count(2))
            self._parts[label] = next(p for p in chain([plain], numbered) if p not in taken)
        return self._parts[label]


def encode(message: BridgedMessage, prefix: str, parts: AddressParts) -> bytes:
    """Encode a message as OSC; ``prefix`` begins every address."""
    match message:
        case BridgedDecision():
            confidence = -1.0 if message.confidence is None else message.confidence
            label = message.label or message.ended or ""
            return _message(
                f"{prefix}/decision", message.seq, message.change, label, float(confidence),
                message.simulated,
            )  # fmt: skip
        case BridgedPrediction():
            return _bundle(
                {
                    f"{prefix}/probability/{parts.of(label)}": float(share)
                    for label, share in message.probabilities.items()
                }
            )
        case BridgedStatus():
            return _message(
                f"{prefix}/status", message.seq, message.state, message.decided or "",
                message.simulated,
            )  # fmt: skip


def _message(address: str, *arguments: int | str | float | bool) -> bytes:
    from pythonosc.osc_message_builder import OscMessageBuilder

    builder = OscMessageBuilder(address)
    for argument in arguments:
        # An OSC string ends at its first null character.
        builder.add_arg(argument.replace("\0", "") if isinstance(argument, str) else argument)
    return bytes(builder.build().dgram)


def _bundle(values: dict[str, float]) -> bytes:
    from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
    from pythonosc.osc_message_builder import OscMessageBuilder

    bundle = OscBundleBuilder(IMMEDIATELY)
    for address, value in values.items():
        builder = OscMessageBuilder(address)
        builder.add_arg(value)
        bundle.add_content(builder.build())
    return bytes(bundle.build().dgram)

"""Built-in filters, decoders and devices pass the checks that plug-in authors use."""

from itertools import count
from typing import Literal

import numpy as np
import pytest

import decoders
from bci.pipeline.filter_settings import RemoveDc
from bci.pipeline.filters import SosFilter, highpass
from bci.plugins.decoder_offers import classical, networks
from bci.plugins.registry import plugins
from bci.profiles.pipeline_settings import FilterSettings
from bci.signals import FloatArray, Signal
from bci.testing import check_decoder, check_device, check_filter
from decoders.classical.log_power import LogPower
from devices.catalogue import create
from devices.simulated.simulator import SimulatorDevice

FILTERS = {
    "asr": {},
    "bandpass": {"low_hz": 8, "high_hz": 30},
    "bipolar": {"pairs": [["C3", "C4"], ["F3", "F4"]]},
    "cancel_line": {},
    "common_average": {},
    "decimate": {"factor": 3},
    "interpolate_bad": {},
    "notch": {"freq_hz": 50, "harmonics": 2},
    "regress": {"sources": ["F3"], "adapt": True},
    "remove_dc": {},
    "standardize": {"time_constant_s": 2.0},
}


@pytest.mark.parametrize(
    "kind", [name for name, each in plugins("bci.filters").items() if each.is_ours]
)
def test_our_filters_keep_their_promises(kind: str) -> None:
    check_filter(plugins("bci.filters")[kind].load()(**FILTERS[kind]))


@pytest.mark.parametrize("name", classical())
def test_our_classical_decoders_keep_their_promises(name: str) -> None:
    check_decoder(lambda: decoders.create(name))


@pytest.mark.slow
def test_levels_and_a_network_keep_their_promises() -> None:
    levels = ("valence-1/arousal-1", "valence-1/arousal-2", "valence-2/arousal-1",
              "valence-2/arousal-2")  # fmt: skip
    check_decoder(lambda: decoders.create("differential-entropy"), labels=levels)
    pytest.importorskip("torch", reason="networks need PyTorch")
    check_decoder(lambda: decoders.create("shallow", {"epochs": 1}))


@pytest.mark.slow
@pytest.mark.parametrize("name", networks())
def test_every_network_keeps_its_promises(name: str) -> None:
    check_decoder(lambda: decoders.create(name, {"epochs": 1}), params={"epochs": 1})


def test_the_simulator_keeps_its_promises() -> None:
    check_device(lambda: create("simulator", {"channels": "4", "sfreq": "1000"}))


class Broken(RemoveDc):
    """A filter whose stage violates one rule."""

    fault: Literal["future", "chunks", "reset", "finite", "none"] = "none"

    def stage(self, signal: Signal) -> "BrokenStage":
        return BrokenStage(self.fault, signal)


class BrokenStage(SosFilter):
    def __init__(self, fault: str, signal: Signal) -> None:
        super().__init__(highpass(0.5, signal.sfreq), len(signal.channels), signal.sfreq)
        self.fault = fault

    def reset(self) -> None:
        if self.fault != "reset":
            super().reset()

    def process(self, data: FloatArray, first: int) -> tuple[FloatArray, int]:
        if self.fault == "future":
            data[:] = data[::-1].copy()
        if self.fault == "chunks" and len(data):
            data -= data.mean(axis=0)
        if self.fault == "finite":
            data[:] = np.inf
            return data, first
        return super().process(data, first)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("future", "remove_dc: the output depends on chunks"),
        ("chunks", "remove_dc: the output depends on chunks"),
        ("reset", "remove_dc: reset does not forget"),
        ("finite", "remove_dc: the output is not finite"),
    ],
)
def test_a_broken_promise_of_a_filter_is_named(fault: str, sentence: str) -> None:
    filter_settings: FilterSettings = Broken.model_validate({"fault": fault})
    with pytest.raises(AssertionError, match=sentence):
        check_filter(filter_settings)


class Unseeded(LogPower):
    """A decoder whose probabilities differ from training to training."""

    made = count()

    def __init__(self) -> None:
        super().__init__()
        self.seed = next(self.made)

    def predict_proba(self, window: FloatArray):  # type: ignore[no-untyped-def]
        shares = super().predict_proba(window) + self.seed * 1e-6
        return shares / shares.sum()


class NotAlike(LogPower):
    """A decoder whose probabilities do not sum to 1."""

    def predict_proba(self, window: FloatArray):  # type: ignore[no-untyped-def]
        return super().predict_proba(window) * 2


class Forgetful:
    """A decoder that cannot be stored."""

    fit = LogPower.fit


@pytest.mark.parametrize(
    ("decoder", "sentence"),
    [
        (Unseeded, "two trainings on the same data differ"),
        (NotAlike, "probabilities sum to 2"),
        (Forgetful, "lacks the methods predict_proba, arrays, from_arrays"),
    ],
)
def test_a_broken_promise_of_a_decoder_is_named(decoder: type, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_decoder(decoder)


def test_a_property_that_cannot_be_read_from_source_is_named() -> None:
    from bci.testing import _check_traits
    from decoders.classical.tangent import TangentSpace

    _check_traits(TangentSpace)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TangentSpace, "needs", ("torch",), raising=False)
        with pytest.raises(AssertionError, match="TangentSpace: needs has to be a literal"):
            _check_traits(TangentSpace)


def test_a_device_whose_time_stamps_go_back_is_named() -> None:
    class Backwards(SimulatorDevice):
        def read(self, timeout: float):  # type: ignore[no-untyped-def]
            reading = super().read(timeout)
            for _, chunk in reading.chunks:
                chunk.timestamps[:] = chunk.timestamps[::-1]
            return reading

    with pytest.raises(AssertionError, match="time stamps go back"):
        check_device(lambda: Backwards(SimulatorDevice.settings(sfreq=1000.0)))

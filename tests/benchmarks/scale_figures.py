"""Figures of docs/explanation/scale.md: sizes that are measured here, and what follows from them.

``python -m tests.benchmarks.scale_figures``
"""

import tempfile
from pathlib import Path

import numpy as np

from bci.decisions import DecisionEvent
from bci.recording.xdf.writer import XdfWriter
from decoders.networks.fleeg import Fleeg, FleegSettings

_CHANNELS, _SFREQ, _SECONDS = 64, 500, 20
_HOUR = 3600
# Hours a session, sessions a week or day: the three settings of the page.
_CLINIC = {"streams": 20, "hours a day": 6}
_TRIAL = {"sites": 100, "people a site": 10, "hours a person": 10}
_PRODUCT = {"users": 1_000_000, "hours a day": 0.5, "share at the peak": 0.1}
_HEADBAND_CHANNELS, _HEADBAND_HZ = 8, 250


def xdf_bytes_a_second(n_channels: int, sfreq: int) -> float:
    """Size of a recording as the recorder writes it, in chunks of 10 ms with every time stamp."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        writer = XdfWriter(Path(folder) / "run.xdf")
        stream = writer.add_stream("<info/>")
        before, n = writer.n_bytes, sfreq // 100 or 1
        for start in range(0, _SECONDS * sfreq, n):
            stamps = (start + np.arange(n)) / sfreq
            data = rng.standard_normal((n, n_channels)).astype(np.float32)
            writer.write_samples(stream, stamps, data)
        written = writer.n_bytes - before
        writer.close()
    return written / _SECONDS


def trunk_bytes(trunk: str) -> int:
    """Shared layers of FLEEG that a site sends in a round, as float32."""
    network = Fleeg(_CHANNELS, 640, 160.0, 2, FleegSettings(trunk))
    return 4 * sum(each.numel() for each in network.trunk.state_dict().values())


def main() -> None:
    lab = xdf_bytes_a_second(_CHANNELS, _SFREQ)
    band = xdf_bytes_a_second(_HEADBAND_CHANNELS, _HEADBAND_HZ)
    wire = _CHANNELS * 4 * _SFREQ
    decision = len(DecisionEvent("onset", "left_hand", 0.9123, 123456.789012).to_json())
    print(f"{_CHANNELS} channels at {_SFREQ} Hz: {wire / 1e3:.0f} kB/s of samples, "
          f"{lab / 1e3:.0f} kB/s in XDF, {lab * _HOUR / 1e6:.0f} MB an hour")  # fmt: skip
    print(f"{_HEADBAND_CHANNELS} channels at {_HEADBAND_HZ} Hz: {band / 1e3:.1f} kB/s in XDF, "
          f"{band * _HOUR / 1e6:.0f} MB an hour")  # fmt: skip
    print(f"a decision: {decision} bytes")
    for trunk in ("ifnet", "dbconformer"):
        print(f"FLEEG's shared layers, {trunk}: {trunk_bytes(trunk) / 1e3:.0f} kB")
    day = _CLINIC["streams"] * _CLINIC["hours a day"] * lab * _HOUR
    print(f"clinic: {_CLINIC['streams'] * lab * 8 / 1e6:.1f} Mbit/s, {day / 1e9:.0f} GB a day, "
          f"{250 * day / 1e12:.1f} TB a year of 250 days")  # fmt: skip
    people = _TRIAL["sites"] * _TRIAL["people a site"]
    kept = people * _TRIAL["hours a person"] * lab * _HOUR
    each_round = 2 * _TRIAL["sites"] * trunk_bytes("ifnet")
    print(f"trial: {kept / 1e12:.1f} TB of {people} people; a round of {_TRIAL['sites']} sites "
          f"{each_round / 1e6:.0f} MB")  # fmt: skip
    users, hours = _PRODUCT["users"], _PRODUCT["hours a day"]
    raw = users * hours * band * _HOUR
    peak = users * _PRODUCT["share at the peak"]
    print(f"product: {raw / 1e12:.1f} TB a day if all is kept, {365 * raw / 1e15:.1f} PB a year; "
          f"at the peak {peak * band * 8 / 1e9:.1f} Gbit/s of signal, or "
          f"{peak * decision * 8 / 1e6:.0f} Mbit/s of one decision a second")  # fmt: skip


if __name__ == "__main__":
    main()

"""Profiles, runs and models of two simulated classes."""

from pathlib import Path

import decoders
from bci.profiles.profile import Profile
from bci.signals import Recording
from bci.training.calibrate import Calibration, calibrate
from tests.signals import stored, two_class_recording


def two_class_profile(
    decoder: str = "log-power",
    *,
    common_average: bool = True,
    low_hz: float = 8.0,
    pipeline: dict[str, object] | None = None,
    output: dict[str, object] | None = None,
    **paradigm: object,
) -> Profile:
    """Of `two_class_recording`: windows of 1 s, to 30 Hz; what is given besides is added."""
    band = {"kind": "bandpass", "low_hz": low_hz, "high_hz": 30}
    filters = [{"kind": "common_average"}, band] if common_average else [band]
    classes = {"left": "left", "right": "right"}
    return Profile.model_validate(
        {
            "task": "test",
            "pipeline": {"filters": filters, "window_s": 1.0, **(pipeline or {})},
            "paradigm": {"classes": classes, "rest": "rest", "stop_s": 3, **paradigm},
            "decoder": {"name": decoder},
            "output": output or {},
        }
    )


def two_class_runs(
    folder: Path, seeds: tuple[int, ...] = (1, 2), **options: float
) -> list[Recording]:
    """Runs of `two_class_recording`, each from a file of its own in the folder."""
    return [
        stored(two_class_recording(seed=seed, **options), folder / f"{seed}.bin")  # type: ignore[arg-type]
        for seed in seeds
    ]


def two_class_model(folder: Path, profile: Profile, **options: float) -> Calibration:
    """Calibrate the profile's decoder on two runs."""
    choice = profile.decoder
    runs = two_class_runs(folder, **options)
    return calibrate(runs, profile, lambda: decoders.create(choice.name, choice.params), "me")

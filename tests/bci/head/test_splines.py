import mne
import numpy as np

from bci.head.electrodes import standard_directions
from bci.head.remap import map_montage
from bci.head.splines import spline_weights
from bci.head.top_view import (
    HeadPicture,
    channel_directions,
    flatten,
    on_sphere,
    pixel_places,
)
from bci.signals import Channel, StreamInfo

CAP = "Fp1 Fp2 F7 F3 Fz F4 F8 T7 C3 Cz C4 T8 P7 P3 Pz P4 P8 O1 O2".split()  # noqa: SIM905
BETWEEN = "FC3 FC4 C1 C2 CP1 CP2 AF3 PO4 POz FCz".split()  # noqa: SIM905


def eeg(names: list[str]) -> tuple[Channel, ...]:
    return tuple(Channel(name, "eeg", "uV") for name in names)


def test_weights_are_those_of_mne() -> None:
    from mne.channels.interpolation import _make_interpolation_matrix

    sources, targets = standard_directions(CAP), standard_directions(BETWEEN)
    theirs = _make_interpolation_matrix(sources, targets)
    # MNE inverts the regularised system by its pseudo-inverse.
    np.testing.assert_allclose(spline_weights(sources, targets), theirs, atol=1e-6)
    assert mne.__version__


def test_remapping_live_map_and_patterns_give_the_same_values() -> None:
    values = np.random.default_rng(3).normal(size=len(CAP))
    channels = eeg(CAP)
    remapped = map_montage(StreamInfo("cap", "EEG", 250.0, channels), eeg(BETWEEN)).matrix @ values
    # The live map and patterns place channels and interpolate in the plane of the picture.
    flat = flatten(channels)
    places = np.array([flat[k] for k in range(len(CAP))])
    between = np.array(list(flatten(eeg(BETWEEN)).values()))
    shown = spline_weights(on_sphere(places), on_sphere(between)) @ values
    np.testing.assert_allclose(shown, remapped, atol=1e-6)
    picture = HeadPicture(places).draw(values).ravel()
    whole = spline_weights(standard_directions(CAP), on_sphere(pixel_places())) @ values
    inside = np.hypot(*pixel_places().T) < 0.5
    expected = np.clip(whole, values.min(), values.max())
    np.testing.assert_allclose(picture[inside], expected[inside], atol=1e-6)


def test_directions_are_those_of_the_template_or_of_the_stated_position() -> None:
    channels = (
        Channel("C3", "eeg", "uV", (0.09, 0.0, 0.05)),
        Channel("MEG1", "mag", "T", (0.1, 0.0, -0.2)),
        Channel("AUX"),
    )
    found = channel_directions(channels)
    np.testing.assert_array_equal(found[0], standard_directions(["C3"])[0])
    np.testing.assert_allclose(np.linalg.norm(found[1]), 1.0)
    assert np.isnan(found[2]).all()

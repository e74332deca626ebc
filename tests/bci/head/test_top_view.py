from dataclasses import replace

import numpy as np
import pytest

from bci.head.electrodes import standard_position
from bci.head.top_view import PIXELS, HeadPicture, flatten, in_rows, on_sphere
from bci.signals import Channel

# Head coordinates of a template head, in metres.
PLACED = tuple(
    Channel(name, "eeg", "uV", place)
    for name, place in {
        "front": (0.0001, 0.0882, -0.0017),
        "crown": (0.0004, -0.0092, 0.1002),
        "left": (-0.0842, -0.0160, -0.0093),
        "back": (0.0001, -0.1149, 0.0147),
    }.items()
)
NAMES = ("Fp1", "Fp2", "F7", "F8", "Cz", "C3", "C4", "P7", "P8", "Oz", "Pz", "Fz")


def places_of(names: tuple[str, ...]) -> np.ndarray:
    channels = tuple(Channel(n, "eeg", "uV", standard_position(n)) for n in names)
    return np.array(list(flatten(channels).values()))


def test_the_head_is_seen_from_above_with_the_nose_up() -> None:
    front, crown, left, back = (flatten(PLACED)[k] for k in range(4))
    assert front[1] > 0.7
    assert back[1] < -0.7
    assert left[0] < -0.7
    assert abs(crown[0]) + abs(crown[1]) < 0.1


def test_the_picture_is_the_same_wherever_the_origin_lies() -> None:
    # Moved by the distance from the commissure to the middle between the ears.
    moved = tuple(
        replace(c, position=(c.position[0], c.position[1] + 0.035, c.position[2] + 0.04))
        for c in PLACED
        if c.position
    )
    for here, there in zip(flatten(PLACED).values(), flatten(moved).values(), strict=True):
        assert there == pytest.approx(here, abs=0.15)


def test_sensors_of_a_helmet_stay_in_the_picture() -> None:
    low = Channel("MEG1", "mag", "T", (0.1, 0.0, -0.2))
    x, y = flatten((low,))[0]
    assert 1.0 < x < 1.2
    assert abs(y) < 0.2


def test_channels_without_a_place_are_left_out_or_laid_in_rows() -> None:
    assert flatten((Channel("AUX"), Channel("ch 1", "eeg"))) == {}
    rows = in_rows(5)
    assert rows[0][1] == rows[2][1] > rows[3][1]
    assert rows[0][0] < rows[1][0] < rows[2][0]


def test_a_picture_goes_through_its_electrodes_and_is_smooth_between() -> None:
    places = places_of(NAMES)
    values = np.where(np.array(NAMES) == "C3", 10.0, 0.0)
    picture = HeadPicture(places).draw(values)
    assert picture.shape == (PIXELS, PIXELS)
    columns = np.round((places[:, 0] + 1) / 2 * (PIXELS - 1)).astype(int)
    rows = np.round((1 - places[:, 1]) / 2 * (PIXELS - 1)).astype(int)
    np.testing.assert_allclose(picture[rows, columns], values, atol=0.6)
    # The strongest pixels include the strongest electrode's.
    assert picture[rows[5], columns[5]] == pytest.approx(picture.max(), rel=0.1)
    assert np.abs(np.diff(picture, axis=0)).max() < 2.0
    # A constant stays constant.
    np.testing.assert_allclose(HeadPicture(places).draw(np.full(12, 3.0)), 3.0, atol=1e-6)


def test_a_single_strong_electrode_is_the_peak_of_the_picture_even_at_the_edge() -> None:
    places = places_of(("Fp1", "Fp2", "C3", "C4", "P3", "P4", "O1", "O2"))
    along = np.linspace(-1, 1, PIXELS)
    inside = np.hypot(*np.meshgrid(along, along)) <= 1
    for strongest in range(8):
        picture = HeadPicture(places).draw(np.eye(8)[strongest])
        assert picture.min() >= 0.0
        assert picture.max() <= 1.0
        rows, columns = np.nonzero(inside & (picture > 0.95 * picture[inside].max()))
        middle = along[columns].mean(), -along[rows].mean()
        assert middle == pytest.approx(tuple(places[strongest]), abs=0.25)
        # Far outside the electrodes the values fade.
        assert picture[PIXELS // 2, -1] < 0.5


def test_electrodes_in_one_line_can_be_drawn() -> None:
    picture = HeadPicture(places_of(("Fz", "Cz", "Pz", "Oz"))).draw(np.arange(4.0))
    assert picture[0].max() < picture[-1].min()


def test_two_sensors_at_one_place_can_be_drawn() -> None:
    places = np.array([[0, 0], [0, 0], [0.5, 0], [-0.5, 0], [0, 0.5]], dtype=float)
    assert np.isfinite(HeadPicture(places).draw(np.arange(5.0))).all()


def test_places_and_directions_are_inverse() -> None:
    places = places_of(NAMES)
    there = on_sphere(places)
    np.testing.assert_allclose(np.linalg.norm(there, axis=1), 1.0)
    assert there[4, 2] > 0.95

"""References of the display, and the resulting channels."""

import mne
import numpy as np
import pytest

from bci.head.electrodes import standard_directions
from bci.pipeline.display.reference import DisplayReference, derivation, reference_named, why_not
from bci.signals import Channel
from tests.signals import noise

TEN_TWENTY = (
    "Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "T7", "C3", "Cz", "C4", "T8", "P7", "P3", "Pz",
    "P4", "P8", "O1", "O2",
)  # fmt: skip


def eeg(*names: str, unit: str = "uV") -> tuple[Channel, ...]:
    return tuple(Channel(name, "eeg", unit) for name in names)


def derive(reference: DisplayReference, channels: tuple[Channel, ...], data: np.ndarray, *bad: str):
    return derivation(reference, channels, frozenset(bad)).derive(data.copy())


def test_the_average_is_that_of_the_electrodes_of_one_kind_and_unit() -> None:
    channels = (*eeg("C3", "Cz", "C4"), Channel("EOG", "eog", "uV"), *eeg("Pz", unit="mV"))
    data = noise(50, 5)
    shown = derive(DisplayReference.AVERAGE, channels, data)
    np.testing.assert_allclose(shown[:, :3].mean(axis=1), 0, atol=1e-4)
    np.testing.assert_array_equal(shown[:, 3:], data[:, 3:])


def test_a_marked_channel_and_one_without_values_are_in_no_mean() -> None:
    channels = eeg("C3", "Cz", "C4", "Pz")
    data = noise(50, 4)
    data[:, 1] = np.nan
    shown = derive(DisplayReference.AVERAGE, channels, data, "C4")
    mean = data[:, [0, 3]].mean(axis=1)
    np.testing.assert_allclose(shown[:, 2], data[:, 2] - mean, rtol=1e-4, atol=1e-3)
    assert np.isnan(shown[:, 1]).all()
    assert np.isfinite(shown[:, [0, 2, 3]]).all()


@pytest.mark.parametrize("pair", [("M1", "M2"), ("A1", "A2"), ("TP9", "TP10")])
def test_mastoids_are_found_by_any_of_their_names(pair: tuple[str, str]) -> None:
    channels = (*eeg("Cz", *pair), Channel("EMG", "emg", "uV"))
    data = noise(50, 4)
    shown = derive(DisplayReference.MASTOIDS, channels, data)
    np.testing.assert_allclose(shown[:, 0], data[:, 0] - data[:, 1:3].mean(axis=1), atol=1e-4)
    np.testing.assert_array_equal(shown[:, 3], data[:, 3])


def test_bipolar_chains_run_from_front_to_back_by_region() -> None:
    made = derivation(DisplayReference.BIPOLAR, (*eeg(*TEN_TWENTY), Channel("EOG", "eog", "uV")))
    assert " ".join(channel.name for channel in made.channels) == (
        "Fp1-F7 F7-T7 T7-P7 P7-O1 Fp1-F3 F3-C3 C3-P3 P3-O1 Fz-Cz Cz-Pz "
        "Fp2-F4 F4-C4 C4-P4 P4-O2 Fp2-F8 F8-T8 T8-P8 P8-O2 EOG"
    )
    assert made.members[0] == ("Fp1", "F7")
    assert made.members[-1] == ("EOG",)
    data = noise(50, 20)
    shown = derive(DisplayReference.BIPOLAR, (*eeg(*TEN_TWENTY), Channel("EOG", "eog", "uV")), data)
    np.testing.assert_array_equal(shown[:, 0], data[:, 0] - data[:, 2])
    np.testing.assert_array_equal(shown[:, -1], data[:, -1])


def test_one_missing_electrode_of_a_chain_is_bridged_and_two_are_not() -> None:
    names = [
        c.name for c in derivation(DisplayReference.BIPOLAR, eeg("Fp1", "C3", "O1", "T3")).channels
    ]
    assert names == ["Fp1-T3", "T3-O1", "Fp1-C3", "C3-O1"]
    assert why_not(DisplayReference.BIPOLAR, eeg("Fp1", "O1"))


def test_depth_electrodes_are_chained_along_their_shafts() -> None:
    channels = tuple(Channel(name, "seeg", "uV") for name in ("A1", "A2", "A3", "B1"))
    names = [channel.name for channel in derivation(DisplayReference.BIPOLAR, channels).channels]
    assert names == ["A1-A2", "A2-A3"]


def test_the_laplacian_is_that_of_mne() -> None:
    data = noise(100, len(TEN_TWENTY))
    shown = derive(DisplayReference.LAPLACIAN, eeg(*TEN_TWENTY), data)
    radius = 0.095
    places = radius * standard_directions(TEN_TWENTY)
    raw = mne.io.RawArray(
        1e-6 * data.T.astype(float), mne.create_info(list(TEN_TWENTY), 250.0, "eeg"), verbose=False
    )
    raw.set_montage(
        mne.channels.make_dig_montage(
            dict(zip(TEN_TWENTY, places, strict=True)), coord_frame="head"
        )
    )
    theirs = mne.preprocessing.compute_current_source_density(
        raw, sphere=(0, 0, 0, radius), lambda2=1e-5, stiffness=4, n_legendre_terms=50, verbose=False
    )
    # Theirs is in volts per square metre.
    expected = theirs.get_data().T * 1e6 / 1e4
    np.testing.assert_allclose(shown, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_the_laplacian_has_a_unit_of_its_own_and_leaves_a_marked_channel_out() -> None:
    channels = eeg(*TEN_TWENTY)
    data = noise(100, len(channels))
    loud = data.copy()
    loud[:, 8] *= 1000
    shown, without = (
        derive(DisplayReference.LAPLACIAN, channels, each, TEN_TWENTY[8]) for each in (data, loud)
    )
    others = np.arange(len(channels)) != 8
    np.testing.assert_array_equal(shown[:, others], without[:, others])
    assert np.abs(without[:, 8]).max() > 100 * np.abs(shown[:, 8]).max()
    assert {c.unit for c in derivation(DisplayReference.LAPLACIAN, channels).channels} == {"µV/cm²"}


def test_a_channel_without_values_spoils_no_laplacian_but_its_own() -> None:
    data = noise(40, len(TEN_TWENTY))
    data[:, 3] = np.nan
    shown = derive(DisplayReference.LAPLACIAN, eeg(*TEN_TWENTY), data)
    assert np.isnan(shown[:, 3]).all()
    assert np.isfinite(np.delete(shown, 3, axis=1)).all()


@pytest.mark.parametrize(
    "reference", [each for each in DisplayReference if each != DisplayReference.RECORDED]
)
def test_a_stream_that_does_not_allow_a_reference_gets_a_reason(
    reference: DisplayReference,
) -> None:
    meg = tuple(Channel(f"MEG{k}", "mag", "T") for k in range(20))
    for channels in (meg, eeg("x"), (Channel("ACC", "acc", "g"),)):
        assert why_not(reference, channels)
        assert not why_not(DisplayReference.RECORDED, channels)


def test_a_name_that_is_no_reference_means_as_recorded() -> None:
    assert reference_named("average reference") == DisplayReference.AVERAGE
    assert reference_named("") == DisplayReference.RECORDED

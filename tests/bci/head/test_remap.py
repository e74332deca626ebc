"""Interpolation of one montage's channels from those of another."""

import json
import threading
import uuid
from dataclasses import replace
from pathlib import Path

import mne
import numpy as np
import pytest

import decoders
from bci.cli import calibrate as training
from bci.cli.pretrain import pretrain
from bci.engine.engine import Engine
from bci.errors import MismatchError, ProfileError
from bci.evaluation.pseudo_online import evaluate
from bci.head.electrodes import fit_sphere, standard_directions, standard_name, standard_position
from bci.head.remap import FARTHEST_DEG, map_montage, map_recording, named_channels
from bci.lsl.discovery import StreamQuery
from bci.lsl.engine_streams import PredictionInlet, StatusInlet
from bci.lsl.outlet import SignalOutlet
from bci.models.bundle import load_card, save_bundle
from bci.models.card import trained_channels
from bci.models.fit import check_stream
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Output, load_profile
from bci.recording.read import read_recording
from bci.signals import Channel, Recording, StreamInfo
from bci.training.calibrate import Calibration, calibrate
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.commands import bci, evaluations
from tests.signals import chunked, noise
from tests.streams import find, send, wait_until

TEN_TEN = (  # noqa: SIM905
    "Fp1 Fpz Fp2 AF7 AF3 AFz AF4 AF8 F7 F5 F3 F1 Fz F2 F4 F6 F8 FT7 FC5 FC3 FC1 FCz FC2 FC4 FC6 "
    "FT8 T7 C5 C3 C1 Cz C2 C4 C6 T8 TP7 CP5 CP3 CP1 CPz CP2 CP4 CP6 TP8 P7 P5 P3 P1 Pz P2 P4 P6 "
    "P8 PO7 PO3 POz PO4 PO8 O1 Oz O2"
).split()
SUBSET = (  # noqa: SIM905
    "Fp1 Fp2 F7 F3 Fz F4 F8 FC5 FC1 FC2 FC6 T7 C3 Cz C4 T8 CP5 CP1 CP2 CP6 P7 P3 Pz P4 P8 PO7 PO8 "
    "POz O1 O2 AFz"
).split()


def eeg(names: list[str], unit: str = "uV") -> tuple[Channel, ...]:
    return tuple(Channel(name, "eeg", unit, standard_position(name)) for name in names)


def stream(channels: tuple[Channel, ...], sfreq: float = 250.0) -> StreamInfo:
    return StreamInfo("headset", "EEG", sfreq, channels, simulated=True)


def dipole_field(names: list[str], n_samples: int = 400, seed: int = 0) -> np.ndarray:
    """Return the field of three dipoles at 0.3-0.5 of the radius, (n_samples, n_names)."""
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(3, 3))
    places[:, 2] = np.abs(places[:, 2])
    places *= rng.uniform(0.3, 0.5, (3, 1)) / np.linalg.norm(places, axis=1, keepdims=True)
    moments = rng.normal(size=(3, 3))
    off = standard_directions(names)[:, None] - places
    gains = (off * moments).sum(axis=2) / np.linalg.norm(off, axis=2) ** 3
    field: np.ndarray = rng.normal(size=(n_samples, 3)) @ gains.T
    return field


def test_names_in_another_order_and_case_are_taken_bit_for_bit() -> None:
    source = stream((*eeg(["c3", "CZ", "Fc5.", "Pz"]), Channel("Status", "stim", "unknown")))
    mapping = map_montage(source, eeg(["FC5", "Cz", "C3"]))
    (chunk,) = chunked(noise(50, 5), 250.0, 50)
    mapped = mapping.apply(chunk)
    np.testing.assert_array_equal(mapped.data, chunk.data[:, [2, 1, 0]])
    np.testing.assert_array_equal(mapping.matrix, np.eye(5)[[2, 1, 0]])
    assert mapping.info.ch_names == ("FC5", "Cz", "C3")
    assert mapping.info.interpolated == ()
    assert (mapped.first, mapped.timestamps) == (chunk.first, chunk.timestamps)
    assert mapping.info.simulated


def test_names_alone_need_no_places_and_no_kind_of_eeg() -> None:
    source = stream((Channel("MEG2", "mag", "T"), Channel("MEG1", "mag", "T")))
    mapping = map_montage(source, (Channel("meg1", "mag", "T"),))
    np.testing.assert_array_equal(mapping.matrix, [[0, 1]])


@pytest.mark.parametrize("seed", range(4))
def test_a_field_of_dipoles_is_found_between_half_of_the_electrodes(seed: int) -> None:
    whole = dipole_field(TEN_TEN, seed=seed)
    kept = [TEN_TEN.index(name) for name in SUBSET]
    mapping = map_montage(stream(eeg(SUBSET)), eeg(TEN_TEN))
    (chunk,) = chunked(whole[:, kept].astype(np.float32), 250.0, len(whole))
    mapped = mapping.apply(chunk).data
    assert set(mapping.info.interpolated) == set(TEN_TEN) - set(SUBSET)
    for i, name in enumerate(TEN_TEN):
        assert np.corrcoef(mapped[:, i], whole[:, i])[0, 1] > 0.9, name


def test_weights_are_those_of_mne() -> None:
    data = dipole_field(TEN_TEN)
    missing = [name for name in TEN_TEN if name not in SUBSET]
    raw = mne.io.RawArray(data.T, mne.create_info(TEN_TEN, 250.0, "eeg"), verbose="error")
    montage = mne.channels.make_standard_montage("colin27_1005")
    raw.set_montage(montage)
    raw.info["bads"] = missing
    in_head = mne.channels.montage.transform_to_head(montage).get_positions()["ch_pos"]
    centre, _ = fit_sphere(np.array(list(in_head.values())))
    # MNE's head coordinates are rotated by some degrees to the template's, which does not change
    # any weight.
    theirs = raw.interpolate_bads(origin=centre, verbose="error").get_data(missing)
    ours = map_montage(stream(eeg(SUBSET)), eeg(missing)).matrix
    expected = data[:, [TEN_TEN.index(name) for name in SUBSET]] @ ours.T
    np.testing.assert_allclose(theirs.T, expected, atol=2e-4 * np.abs(data).max())


def test_the_reference_stays_that_of_the_source() -> None:
    matrix = map_montage(stream(eeg(SUBSET)), eeg(TEN_TEN)).matrix
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0, atol=1e-9)


@pytest.mark.parametrize("size", [1, 7, 32, [3, 1, 250, 17]])
def test_no_bit_depends_on_chunks(size: int | list[int]) -> None:
    mapping = map_montage(stream(eeg(SUBSET)), eeg(TEN_TEN))
    data = noise(2000, len(SUBSET), offset=500)
    expected = mapping.apply(chunked(data, 250.0, 2000)[0]).data
    parts = [mapping.apply(chunk).data for chunk in chunked(data, 250.0, size)]
    assert np.concatenate(parts).tobytes() == expected.tobytes()


def test_a_value_that_is_not_finite_spoils_only_what_is_computed_from_it() -> None:
    source = stream((*eeg(SUBSET), Channel("AUX", "misc", "unknown")))
    mapping = map_montage(source, eeg(["C3", "C1", "Cz"]))
    data = noise(4, len(SUBSET) + 1)
    data[1, -1] = np.nan
    data[2, SUBSET.index("C3")] = np.inf
    finite = np.isfinite(mapping.apply(chunked(data, 250.0, 4)[0]).data)
    expected = [[1, 1, 1], [1, 1, 1], [0, 0, 1], [1, 1, 1]]
    np.testing.assert_array_equal(finite, np.array(expected, bool))


def test_electrodes_without_a_name_of_the_system_are_placed_by_what_the_stream_states() -> None:
    # Numbered channels, in the coordinates of a larger head with another centre.
    placed = tuple(
        Channel(f"E{i + 1}", "eeg", "uV", tuple(0.09 * d + np.array([0, 0.01, 0.04])))
        for i, d in enumerate(standard_directions(SUBSET))
    )
    missing = eeg([name for name in TEN_TEN if name not in SUBSET])
    by_place = map_montage(stream(placed), missing).matrix
    np.testing.assert_allclose(
        by_place, map_montage(stream(eeg(SUBSET)), missing).matrix, atol=1e-6
    )


def moved(channels: tuple[Channel, ...], order: list[int], scale: float) -> tuple[Channel, ...]:
    return tuple(
        replace(c, name="E1" if c.name == "O2" else c.name,
                position=tuple(scale * np.array(c.position)[order]))
        for c in channels
    )  # fmt: skip


@pytest.mark.parametrize(
    ("channels", "wanted", "message"),
    [
        (eeg(["C3", "C4", "Cz"]), eeg(["C1"]), "has 3 channels of eeg in uV at a known place"),
        (eeg(SUBSET, "counts"), eeg(["C1"]), "has 0 channels of eeg in uV at a known place"),
        (tuple(Channel(f"ch{i}", "eeg", "uV") for i in range(32)), eeg(["C1"]), "has 0 channels"),
        (eeg(TEN_TEN[:17]), eeg(["C1", "Oz"]), "no electrode near C1, Oz: the nearest to Oz is"),
        (eeg(SUBSET), (Channel("A17", "eeg", "uV"),), "lacks A17, .* no such name in the 10-05"),
        (eeg(SUBSET), (Channel("C1", "ecog", "uV"),), "lacks C1: only EEG of one unit"),
        (moved(eeg(SUBSET), [0, 1, 2], 1e-3), eeg(["C1"]), r"sphere of 0\.09\d+ mm, .* no head"),
        (moved(eeg(SUBSET), [1, 2, 0], 1.0), eeg(["C1"]), "degrees from the places of their names"),
    ],
)
def test_what_cannot_be_interpolated_is_refused_with_the_reason(
    channels: tuple[Channel, ...], wanted: tuple[Channel, ...], message: str
) -> None:
    with pytest.raises(MismatchError, match=message):
        map_montage(stream(channels), wanted)


def test_a_whole_10_20_cap_is_near_enough_to_every_channel_between_its_electrodes() -> None:
    cap = "Fp1 Fp2 F7 F3 Fz F4 F8 T7 C3 Cz C4 T8 P7 P3 Pz P4 P8 O1 O2".split()  # noqa: SIM905
    mapping = map_montage(stream(eeg(cap)), eeg(TEN_TEN))
    assert len(mapping.info.interpolated) == len(TEN_TEN) - len(cap)
    with pytest.raises(MismatchError, match="no electrode near C3"):
        map_montage(stream(eeg([name for name in cap if name != "C3"])), eeg(["C3"]))
    assert FARTHEST_DEG == 30.0


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return three runs of the simulated subject, the third with another montage."""
    folder = tmp_path_factory.mktemp("subject")
    for run in (1, 2, 3):
        made = simulate_run(SubjectSettings(trials_per_class=6), run)
        if run == 3:
            made = with_channels(made, [n for n in made.info.ch_names[::-1] if n != "FC3"])
        write_run(made, folder / f"run-{run:02d}_eeg.fif")
    return folder


def with_channels(recording: Recording, names: list[str]) -> Recording:
    picks = [recording.info.ch_names.index(name) for name in names]
    info = replace(recording.info, channels=tuple(recording.info.channels[i] for i in picks))
    return replace(recording, info=info, data=np.ascontiguousarray(recording.data[:, picks]))


@pytest.fixture(scope="module")
def trained(subject: Path) -> Calibration:
    runs = [read_recording(file) for file in sorted(subject.glob("*.fif"))[:2]]
    profile = load_profile("motor-imagery")
    made = calibrate(runs, profile, lambda: decoders.create("tangent-space"), "me")
    save_bundle(subject / "model", made.card, made.decoder.arrays())
    return made


@pytest.mark.long
def test_a_model_is_evaluated_on_another_montage_only_when_asked(
    subject: Path, trained: Calibration
) -> None:
    arguments = ("evaluate", subject / "model", subject / "run-03_eeg.fif", "--json")
    done = bci(*arguments)
    assert done.returncode == 2
    assert "1 channels missing (FC3)" in done.stderr
    assert "--map-montage" in done.stderr
    done = bci(*arguments, "--map-montage")
    assert done.returncode == 0, done.stderr
    assert "15 of 16 channels by name, 1 interpolated (FC3)" in done.stdout
    (result,) = evaluations(done)
    assert result.interpolated == ("FC3",)
    assert result.trial_accuracy.n == 12
    whole = simulate_run(SubjectSettings(trials_per_class=6), 3)
    score = evaluate(trained.card, trained.decoder, whole, 0.7).trial_accuracy
    assert result.trial_accuracy.value >= score.value - 2 / 12


def test_channels_in_volts_are_interpolated_in_volts() -> None:
    mapping = map_montage(stream(eeg(SUBSET, "V")), eeg(["C1", "C3"]))
    assert {channel.unit for channel in mapping.info.channels} == {"V"}
    np.testing.assert_array_equal(
        mapping.matrix, map_montage(stream(eeg(SUBSET)), eeg(["C1", "C3"])).matrix
    )


@pytest.mark.slow
def test_another_rate_is_refused_with_a_map_too(trained: Calibration) -> None:
    mapping = map_montage(stream(eeg(TEN_TEN), 500.0), trained_channels(trained.card))
    with pytest.raises(MismatchError, match=r"500 Hz instead of 250 Hz.*give --resample"):
        check_stream(trained.card, mapping.info)


@pytest.mark.slow
def test_live_predictions_through_a_map_are_those_offline(
    subject: Path, trained: Calibration
) -> None:
    run = read_recording(subject / "run-03_eeg.fif")
    name = f"headset-{uuid.uuid4().hex[:8]}"
    info = replace(run.info, name=name, source_id=name)
    mapped = map_recording(run, trained_channels(trained.card))
    pipeline = Pipeline(trained.card.pipeline, mapped.info, trained.decoder)
    n_samples = 2500
    mapped = replace(mapped, data=mapped.data[:n_samples], indices=mapped.indices[:n_samples])
    expected = [p for chunk in mapped.chunks() for p in pipeline.push(chunk)]
    output = Output(name=f"engine-{uuid.uuid4().hex[:8]}")
    said: list[str] = []
    stop = threading.Event()
    query = StreamQuery(name=name)
    engine = Engine(trained.card, trained.decoder, query, output, said.append, map_montage=True)
    thread = threading.Thread(target=engine.run, args=(stop, 20.0))
    outlet = SignalOutlet(info)
    thread.start()
    try:
        predictions = PredictionInlet(find(f"{output.name}-predictions"))
        status = StatusInlet(find(f"{output.name}-status"))
        wait_until(lambda: outlet.has_consumers)
        received = []
        send(outlet, run.data[:n_samples])
        wait_until(
            lambda: received.extend(predictions.pull(0.05)) or len(received) >= len(expected)
        )
        heard = wait_until(lambda: [s for s in status.pull(0.05) if s.interpolated])
    finally:
        stop.set()
        thread.join(5)
        outlet.close()
    assert not thread.is_alive()
    assert heard[0].interpolated == ("FC3",)
    assert f"{name}: 15 of 16 channels by name, 1 interpolated (FC3)" in said
    live = np.array([p.probabilities for p in received])
    offline = np.array([p.probabilities for p in expected], dtype=np.float32)
    np.testing.assert_array_equal(live.astype(np.float32), offline)


@pytest.mark.slow
def test_calibration_continues_from_a_base_of_another_montage_only_when_asked(
    subject: Path, trained: Calibration, tmp_path: Path
) -> None:
    people = tmp_path / "people"
    for number, lacks in enumerate(("", "CP4")):
        made = simulate_run(SubjectSettings(seed=10 + number, trials_per_class=4), 1)
        made = with_channels(made, [n for n in made.info.ch_names if n != lacks])
        (people / f"P{number}").mkdir(parents=True)
        write_run(made, people / f"P{number}" / "run-01_eeg.fif")
    wanted = load_profile("motor-imagery")
    names = tuple(channel.name for channel in trained_channels(trained.card))
    pipeline = wanted.pipeline.model_copy(update={"channels": names})
    profile = tmp_path / "named.yaml"
    profile.write_text(json.dumps(wanted.model_copy(update={"pipeline": pipeline}).model_dump()))

    def pretrained(profile: object, map_montage: bool) -> None:
        pretrain(
            str(profile),
            people,
            tmp_path / "base",
            runs=["*.fif"],
            folds=2,
            map_montage=map_montage,
        )

    with pytest.raises(MismatchError, match="lacks the channels CP4"):
        pretrained(profile, False)
    with pytest.raises(ProfileError, match=r"name them in pipeline\.channels"):
        pretrained("motor-imagery", True)
    pretrained(profile, True)
    assert [s.interpolated for s in load_card(tmp_path / "base").sources] == [(), ("CP4",)]

    own = [subject / "run-03_eeg.fif"]
    with pytest.raises(MismatchError, match="lacks the channels FC3"):
        training.calibrate(str(profile), tmp_path / "own", own, base=tmp_path / "base")
    training.calibrate(
        str(profile), tmp_path / "own", own, base=tmp_path / "base", curve=True, map_montage=True
    )
    made = load_card(tmp_path / "own")
    assert made.sources[0].interpolated == ("FC3",)
    # The recordings of the base model also count as those of the fine-tuned model.
    assert all(made.has_learnt_from(s.sha256) for s in load_card(tmp_path / "base").sources)
    assert not made.has_learnt_from("0" * 64)


def test_a_profile_is_mapped_to_in_the_unit_of_the_stream() -> None:
    source = stream((*eeg(SUBSET, "V"), Channel("EOG", "eog", "uV")))
    wanted = named_channels(["c3", "C1", "EOG"], source)
    assert [(c.name, c.kind, c.unit) for c in wanted] == [
        ("c3", "eeg", "V"), ("C1", "eeg", "V"), ("EOG", "eog", "uV"),
    ]  # fmt: skip


@pytest.mark.slow
def test_half_of_the_electrodes_of_a_real_run_still_decode(eegmmidb: Path) -> None:
    runs = [read_recording(eegmmidb / "S007" / f"S007R{run}.edf") for run in ("04", "08", "12")]
    profile = load_profile("motor-imagery-eegmmidb")
    made = calibrate(runs[:2], profile, lambda: decoders.create("tangent-space"), "S007")
    every_other = [standard_name(name) for name in profile.pipeline.channels or ()][::2]
    reduced = with_channels(runs[2], every_other)
    with pytest.raises(MismatchError, match="10 channels missing"):
        evaluate(made.card, made.decoder, reduced, 0.7)
    mapped = map_recording(reduced, trained_channels(made.card))
    assert len(mapped.info.interpolated) == 10
    score = evaluate(made.card, made.decoder, mapped, 0.7).trial_accuracy
    assert score.n == 15
    # It is 0.93 (1.00 with all electrodes); each trial counts 0.07.
    assert score.value >= 0.8

"""Seen images: ridge and network find images that they were not trained on."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

import decoders
from bci.cli.benchmark.images import _galleries, _simulate
from bci.cli.calibrate import with_gallery
from bci.errors import BundleError, GalleryError, MismatchError, ProfileError, RecordingError
from bci.evaluation.compare_images import RetrievalScore, find_images, part_of, shuffled
from bci.evaluation.pseudo_online import evaluate
from bci.interfaces import Comparing, Retrieval
from bci.models.bundle import load_bundle, save_bundle
from bci.models.confidence import Tempered
from bci.pipeline.pipeline import Pipeline
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.signals import Channel, Chunk, Signal, StreamInfo
from bci.tasks.image_gallery import Gallery, save_gallery
from bci.training.calibrate import calibrate
from bci.training.epochs import Epochs
from bci.training.others.people import runs_of
from bci.training.others.pretrain import base_arrays, score_people
from decoders.networks.meg_images import SMALL, MegImages, Retriever
from decoders.neural.seen_images_decoder import SeenImages
from devices.simulated.montages import meg, positions
from devices.simulated.subject import write_subject

N_IMAGES, N_SAMPLES = 24, 20
SIGNAL = Signal(125.0, meg()[:30])
NAMES = tuple(f"image-{i:02d}" for i in range(N_IMAGES))
# The patterns of these windows differ at each sample, so that shifts would destroy them.
TINY = {"size": "small", "epochs": 15, "batch": 16, "shift_s": 0.0}


def embeddings(n_dimensions: int = 4) -> np.ndarray:
    rng = np.random.default_rng(7)
    # A large common mean, as in embeddings of vision models.
    return (5 + rng.normal(size=(N_IMAGES, n_dimensions))).astype(np.float32)


def shown(seed: int, numbers: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return windows, (n, 30, 20), in tesla, with responses by embedding, and labels."""
    patterns = np.random.default_rng(1).normal(size=(4, 30, N_SAMPLES))
    seen = embeddings()[numbers] - 5
    noise = np.random.default_rng(seed).normal(size=(len(numbers), 30, N_SAMPLES))
    windows = np.einsum("nd,dct->nct", seen, patterns) + noise
    return (1e-13 * windows).astype(np.float32), np.array([NAMES[i] for i in numbers])


@pytest.fixture
def gallery(tmp_path: Path) -> str:
    file = tmp_path / "gallery.safetensors"
    save_gallery(Gallery(NAMES, embeddings(), "simulated image vectors"), file)
    return str(file)


@pytest.fixture(params=["image-ridge", "meg-images"])
def trained(request: pytest.FixtureRequest, gallery: str) -> tuple[str, Retrieval]:
    params = {"gallery": gallery} | (TINY if request.param == "meg-images" else {})
    decoder = decoders.create(request.param, params)
    decoder.fit(*shown(0, [*range(16)] * 6), signal=SIGNAL)
    assert isinstance(decoder, Retrieval)
    return request.param, decoder


def test_images_that_were_not_trained_on_are_found(trained: tuple[str, Retrieval]) -> None:
    _, decoder = trained
    windows, labels = shown(1, [*range(16, 24)] * 4)
    decoder.choose_from(NAMES[16:])

    found = [decoder.classes[np.argmax(decoder.predict_proba(window))] for window in windows]

    assert np.mean(np.array(found) == labels) > 0.4  # chance is 1 / 8


def test_decides_among_the_gallery_at_first_and_among_what_is_chosen_then(
    trained: tuple[str, Retrieval],
) -> None:
    _, decoder = trained
    window = shown(1, [20])[0][0]
    assert decoder.classes == NAMES
    before = decoder.predict_proba(window)
    decoder.choose_from(["image-20", "image-03"])

    after = decoder.predict_proba(window)

    assert decoder.classes == ("image-03", "image-20")
    assert after.sum() == pytest.approx(1)
    # The odds between the two images do not depend on the other candidates.
    assert after[1] / after[0] == pytest.approx(before[20] / before[3], rel=1e-5)
    with pytest.raises(GalleryError, match="no image image-99"):
        decoder.choose_from(["image-03", "image-99"])


def test_similarities_are_cosines_that_the_probabilities_are_made_from(
    trained: tuple[str, Retrieval],
) -> None:
    _, decoder = trained
    tempered = Tempered(decoder, 2.0)
    assert isinstance(tempered, Comparing)
    assert tempered.similarities is None

    said = tempered.predict_proba(shown(1, [20])[0][0])

    cosines = tempered.similarities
    assert cosines is not None
    assert cosines.shape == (len(NAMES),)
    assert np.abs(cosines).max() <= 1 + 1e-6
    odds = np.exp(cosines / (0.1 * 2.0))
    np.testing.assert_allclose(said, odds / odds.sum(), rtol=1e-5)


def test_a_loaded_model_predicts_the_same_without_a_gallery(
    trained: tuple[str, Retrieval], gallery: str
) -> None:
    name, decoder = trained
    decoder.choose_from(NAMES[5:15])
    params = {"gallery": gallery} | (TINY if name == "meg-images" else {})
    arrays = {key: np.array(value) for key, value in decoder.arrays().items()}
    Path(gallery).unlink()

    loaded = decoders.load(name, params, decoder.classes, arrays)

    for window in shown(2, [6, 20])[0]:
        np.testing.assert_array_equal(loaded.predict_proba(window), decoder.predict_proba(window))
    with pytest.raises(BundleError, match="candidates"):
        decoders.load(name, params, decoder.classes[1:], arrays)
    with pytest.raises(BundleError):
        decoders.load(name, params, decoder.classes, arrays | {"shape": np.array([10**7, 20])})


def test_units_do_not_matter(gallery: str) -> None:
    windows, labels = shown(0, [*range(16)] * 3)
    volts = windows * np.float32(1e6)
    ours, theirs = (decoders.create("image-ridge", {"gallery": gallery}) for _ in range(2))
    ours.fit(windows, labels)
    theirs.fit(volts, labels)
    np.testing.assert_allclose(
        ours.predict_proba(windows[0]), theirs.predict_proba(volts[0]), rtol=1e-3
    )


def test_a_base_of_two_people_serves_a_third(gallery: str) -> None:
    params = {"gallery": gallery} | TINY
    first, second = shown(0, [*range(16)] * 3), shown(3, [*range(16)] * 3)
    turned = second[0][:, ::-1]  # as if every sensor had another place
    windows = np.concatenate([first[0], turned])
    labels = np.concatenate([first[1], second[1]])
    runs = np.repeat([0, 1000], 48)
    base = decoders.create("meg-images", params)
    base.fit(windows, labels, groups=runs, signal=SIGNAL)
    arrays = {key: np.array(value) for key, value in base_arrays(base).items()}

    own = decoders.create("meg-images", params | {"epochs": 1, "lr": 1e-12}, arrays)
    own.fit(*shown(4, [*range(16)]), signal=SIGNAL)

    np.testing.assert_allclose(
        own.arrays()["weights.sensors.weight"], arrays["weights.sensors.weight"], atol=1e-6
    )
    assert not any(key.startswith("base") for key in base_arrays(own))
    for start, message in ((own.arrays(), "no base of several people"), (arrays, "has shape")):
        other = decoders.create("meg-images", params | {"size": "published"}, start)
        with pytest.raises(MismatchError, match=message):
            other.fit(*shown(4, [*range(16)]), signal=SIGNAL)


def test_a_held_out_person_s_images_are_found_among_those_that_were_shown(gallery: str) -> None:
    people = []
    for number in range(2):
        windows, labels = shown(number, [*range(16 + number)] * 2)
        runs = runs_of(number, np.zeros(len(labels), dtype=np.int64))
        trials = np.arange(len(labels))
        people.append(Epochs(windows, labels, trials, runs, labels, SIGNAL))

    first, second = score_people(
        people, lambda: decoders.create("meg-images", {"gallery": gallery} | TINY), SIGNAL,
        2,
    )  # fmt: skip

    assert (first.classes, second.classes) == (NAMES[:16], NAMES[:17])
    assert first.probabilities.shape == (32, 16)
    found = np.array(second.classes)[second.probabilities.argmax(axis=1)]
    assert np.mean(found == second.truth) > 0.3  # chance is 1 / 17


@pytest.mark.parametrize("changed", ["gallery", "shift_s"])
def test_a_stopped_training_continues_with_the_same_gallery_and_shift_alone(
    gallery: str, tmp_path: Path, changed: str
) -> None:
    def stop(_step: object) -> None:
        raise KeyboardInterrupt

    kept, params = tmp_path / "kept.safetensors", {"gallery": gallery} | TINY
    data = shown(0, [*range(16)])
    with pytest.raises(KeyboardInterrupt):
        decoders.create("meg-images", params).fit(
            *data, signal=SIGNAL, on_epoch=stop, checkpoint=kept
        )
    if changed == "gallery":
        save_gallery(Gallery(NAMES, embeddings()[::-1], "simulated image vectors"), Path(gallery))
    else:
        params |= {"shift_s": 0.1}
    with pytest.raises(BundleError, match="with other recordings or settings"):
        decoders.create("meg-images", params).fit(*data, signal=SIGNAL, checkpoint=kept)


def test_the_same_seed_gives_the_same_network(gallery: str) -> None:
    first, second = (decoders.create("meg-images", {"gallery": gallery} | TINY) for _ in range(2))
    for decoder in (first, second):
        decoder.fit(*shown(0, [*range(16)] * 2), signal=SIGNAL)
    window = shown(1, [3])[0][0]
    np.testing.assert_array_equal(first.predict_proba(window), second.predict_proba(window))


@pytest.mark.parametrize("n_subjects", [0, 1])
def test_what_serves_gives_the_embeddings_of_what_was_trained(n_subjects: int) -> None:
    import torch

    torch.manual_seed(0)
    model = MegImages(positions(meg()), 30, 5, n_subjects, settings=SMALL)
    x, subjects = torch.randn(3, 306, 30), torch.zeros(3, dtype=torch.int64)
    if model.subject is not None:
        torch.nn.init.normal_(model.subject.maps, std=0.2)
    model(x, subjects)  # changes the batch norms
    served = Retriever(306, 30, 5, SMALL).eval()
    served.take(model)
    with torch.inference_mode():
        torch.testing.assert_close(
            served(x), model.eval()(x, subjects).contrast, rtol=1e-4, atol=1e-5
        )


@pytest.mark.slow
def test_onnx_runtime_serves_the_network(gallery: str) -> None:
    pytest.importorskip("onnxruntime")
    from decoders.neural.onnx_export import OnnxNetwork, export

    decoder = decoders.create("meg-images", {"gallery": gallery} | TINY | {"epochs": 1})
    assert isinstance(decoder, SeenImages)
    decoder.fit(*shown(0, [*range(16)]), signal=SIGNAL)
    shape = 30, N_SAMPLES
    from decoders.neural.serving import compared

    assert compared(decoder.served, OnnxNetwork(export(decoder.served, shape), shape), shape)[1]


def test_what_is_missing_is_reported_before_any_work(tmp_path: Path, gallery: str) -> None:
    windows, labels = shown(0, [*range(16)])
    with pytest.raises(GalleryError, match="no such gallery"):
        decoders.create("image-ridge", {"gallery": str(tmp_path / "none")})
    with pytest.raises(GalleryError, match="--gallery FILE"):
        decoders.create("image-ridge").fit(windows, labels)
    with pytest.raises(GalleryError, match="has no image image-99"):
        decoders.create("image-ridge", {"gallery": gallery}).fit(
            windows, np.where(labels == "image-00", "image-99", labels)
        )
    with pytest.raises(ProfileError, match="none of published, small"):
        decoders.create("meg-images", {"size": "huge"})
    with pytest.raises(ProfileError, match=r"shift_s = 32 must be a number of seconds"):
        decoders.create("meg-images", {"shift_s": 32})
    nowhere = Signal(125.0, (*SIGNAL.channels[:29], Channel("REF", "mag", "T")))
    with pytest.raises(MismatchError, match="that of REF is not known"):
        decoders.create("meg-images", {"gallery": gallery} | TINY).fit(
            windows, labels, signal=nowhere
        )


def test_candidates_of_another_kind_are_refused(tmp_path: Path, gallery: str) -> None:
    others = Gallery(NAMES[:3], embeddings()[:3], "another model")
    save_gallery(others, tmp_path / "others.safetensors")
    params = {"gallery": gallery, "candidates": str(tmp_path / "others.safetensors")}
    with pytest.raises(GalleryError, match="embed both by the same model"):
        decoders.create("image-ridge", params)


def test_more_images_than_can_be_shown_need_candidates(tmp_path: Path) -> None:
    names = tuple(f"image-{i:05d}" for i in range(1001))
    vectors = np.random.default_rng(0).normal(size=(1001, 4)).astype(np.float32)
    save_gallery(Gallery(names, vectors, "x"), tmp_path / "many.safetensors")
    save_gallery(Gallery(names[:9], vectors[:9], "x"), tmp_path / "few.safetensors")
    params = {"gallery": str(tmp_path / "many.safetensors")}
    windows = shown(0, [*range(16)])[0]
    decoder = decoders.create("image-ridge", params)
    with pytest.raises(GalleryError, match=r"1001 images.*2 to 1000"):
        decoder.fit(windows, np.array(names[:16]))
    decoder = decoders.create(
        "image-ridge", params | {"candidates": str(tmp_path / "few.safetensors")}
    )
    decoder.fit(windows, np.array(names[:16]))
    assert decoder.classes == names[:9]


@pytest.mark.long
def test_from_a_simulated_helmet_to_the_image_in_a_later_run(tmp_path: Path) -> None:
    *earlier, last = [read_recording(run) for run in write_subject(tmp_path, 1, 3, "images")]
    (file,) = tmp_path.glob("*gallery.safetensors")
    profile = with_gallery(load_profile("images"), file)

    made = calibrate(
        earlier, profile, lambda: decoders.create("image-ridge", profile.decoder.params), "x"
    )

    score = made.card.score
    top_5, median_rank = score.measures
    assert made.card.simulated
    assert made.card.embedded_by == "simulated image vectors"
    assert score.candidates == "among the 15 or 16 of its fold, none of them in training"
    assert score.chance == pytest.approx(1 / 15.6, abs=0.001)
    assert score.p_value < 1e-3
    assert top_5.chance == pytest.approx(5 / 15.6, abs=0.005)
    assert top_5.p_value < 1e-3
    assert median_rank.value < median_rank.chance
    assert made.card.classes == tuple(f"image-{i:04d}" for i in range(1, 121))

    save_bundle(tmp_path / "model", made.card, made.decoder.arrays())
    card, arrays = load_bundle(tmp_path / "model")
    decoder = decoders.load(card.decoder.name, card.decoder.params, card.classes, arrays)
    later = evaluate(card, decoder, last, 0.5)  # 120 candidates; its 40 images are held out
    assert later.measures[0].chance == pytest.approx(5 / 120)
    assert later.measures[0].p_value < 1e-3
    few = card.model_copy(update={"classes": card.classes[:80]})
    decoder.choose_from(few.classes)
    with pytest.raises(RecordingError, match=r"image-0\d+.* none of the 80 classes"):
        evaluate(few, decoder, last, 0.5)


def test_the_pipeline_passes_similarities_on_with_each_prediction(gallery: str) -> None:
    decoder = decoders.create("image-ridge", {"gallery": gallery})
    windows, labels = shown(0, [*range(16)] * 3)
    decoder.fit(windows, labels)
    n_samples, n_channels = windows.shape[2], windows.shape[1]
    settings = PipelineSettings.model_validate(
        {"kinds": ["eeg"], "window_s": n_samples / 100, "hop_s": n_samples / 100}
    )
    channels = tuple(Channel(f"E{k}", "eeg", "uV") for k in range(n_channels))
    info = StreamInfo("cap", "EEG", 100.0, channels)
    pipeline = Pipeline(settings, info, Tempered(decoder, 2.0))
    times = np.arange(n_samples) / 100

    (said,) = pipeline.push(Chunk(windows[0].T.copy(), times, 0))

    alone = decoder.predict_proba(windows[0])
    np.testing.assert_array_equal(said.similarities, decoder.similarities)
    assert said.probabilities.argmax() == alone.argmax()


def test_the_network_takes_a_real_helmet(shared_data: Path, tmp_path: Path) -> None:
    recording = read_recording(shared_data / "meg" / "sample_audvis_raw.fif")
    bare = {"kinds": ["mag", "grad"], "filters": [{"kind": "decimate", "factor": 2}],
            "window_s": 0.2, "hop_s": 0.05}  # fmt: skip
    pipeline = Pipeline(PipelineSettings.model_validate(bare), recording.info)
    found = [w.data.copy() for chunk in recording.chunks() for w in pipeline.windows(chunk)]
    windows = np.array(found)[:N_IMAGES]
    names = NAMES[: len(windows)]
    vectors = embeddings()[: len(windows)]
    save_gallery(Gallery(names, vectors, "noise"), tmp_path / "g.safetensors")
    signal = Signal(pipeline.chain.sfreq, pipeline.chain.channels)
    assert {c.unit for c in signal.channels} == {"T", "T/m"}
    decoder = decoders.create("meg-images", {"gallery": str(tmp_path / "g.safetensors")} | TINY)

    decoder.fit(windows, np.array(names), signal=signal)

    probabilities = decoder.predict_proba(windows[0])
    assert np.isfinite(probabilities).all()
    assert probabilities.sum() == pytest.approx(1)


def test_the_benchmark_finds_images_by_the_informative_part_and_true_labels(
    gallery: str,
) -> None:
    at_100_hz = Signal(100.0, SIGNAL.channels)
    numbers = [*range(16)] * 6
    windows, labels = shown(0, numbers)
    windows[:, :, :10] = np.random.default_rng(5).normal(0, 1e-13, (len(numbers), 30, 10))
    training = Epochs(windows, labels, np.arange(96), np.zeros(96, dtype=int), signal=at_100_hz)
    late, names = shown(1, [*range(16, 24)] * 4)
    test = Epochs(late, names, np.arange(32), np.zeros(32, dtype=int), signal=at_100_hz)

    def found(training: Epochs, start_s: float, stop_s: float) -> RetrievalScore:
        cut = [part_of(epochs, start_s, stop_s) for epochs in (training, test)]
        assert cut[0].windows.shape[2] == 10
        return find_images(*cut, lambda: decoders.create("image-ridge", {"gallery": gallery}))

    telling = found(training, 0.1, 0.2)
    assert (telling.n_trials, telling.n_candidates) == (32, 8)
    assert telling.top_1 > 0.5
    assert telling.median_rank == 1
    assert found(training, 0.0, 0.1).top_1 < 0.4
    assert found(shuffled(training, 0), 0.1, 0.2).top_1 < 0.4


@cache
def simulated() -> tuple[Epochs, Epochs]:
    """Return epochs of fourteen runs and of one more, each with different images."""
    return _simulate(1, {}, 14, True, load_profile("images"))


def found_by_the_network(training: Epochs) -> RetrievalScore:
    _, test = simulated()
    with tempfile.TemporaryDirectory() as folder:
        params = {"size": "small", "epochs": 12, **_galleries(training, test, Path(folder))}
        return find_images(training, test, lambda: decoders.create("meg-images", params))


@pytest.mark.long
def test_the_network_finds_unseen_images_of_a_simulated_subject() -> None:
    found = found_by_the_network(simulated()[0])
    assert found.top_5 > 3 * 5 / found.n_candidates


@pytest.mark.long
def test_the_network_finds_unseen_images_at_chance_after_shuffled_labels() -> None:
    found = found_by_the_network(shuffled(simulated()[0], 0))
    n_right, n_trials = round(found.top_5 * found.n_trials), found.n_trials
    assert binomtest(n_right, n_trials, 5 / found.n_candidates).pvalue > 0.01
    assert found.median_rank == pytest.approx((found.n_candidates + 1) / 2, abs=8)

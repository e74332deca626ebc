"""Replay of models with more classes than there are colours: words, levels, images, gestures."""

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from bci.cli.calibrate import train
from bci.cli.training_source import TrainingSource
from bci.decisions import Decision
from bci.evaluation.metrics import ClassScore, class_scores
from bci.messages import PredictedEvent
from bci.models.card import Card, ScoreCard, describe_stream
from bci.models.confidence_card import ConfidenceCard
from bci.profiles.profile import DecoderChoice, load_profile
from bci.signals import Recording
from bci.tasks.emotion_levels import LevelGrid
from bci.tasks.image_gallery import Gallery, save_gallery
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from gui.decisions.class_bars import ClassBars
from gui.decisions.emotion_plane import EmotionView
from gui.decisions.headline import NO_DECISION, UNDECIDED
from gui.decisions.image_matches import ImageMatches
from gui.decisions.word_list import WordList
from gui.replay.decision_at_cursor import DecisionAtCursor
from gui.replay.model_choice import ListedModel
from gui.replay.opened_recording import OpenedRecording
from gui.replay.predictions import Predictions
from gui.replay.summary import Summary
from gui.replay.timeline_data import TimelineData
from gui.replay.trial_list import TrialList
from gui.replay.trials import ReplayTrial, describe
from gui.replay.trials import trials_of as judged_trials
from gui.replay.window import ReplayWindow
from gui.settings import DashboardSettings
from gui.theme import DARK, LIGHT, Theme
from gui.widgets.units import brief
from tests.gui.evaluated import evaluation
from tests.gui.replay.test_replay_window import BCI
from tests.signals import eeg_info, noise

GESTURES = tuple(f"gesture {k}" for k in range(12))
LEVELS = LevelGrid(("valence", "arousal")).classes
IMAGES = tuple(f"image-{k:04d}" for k in range(40))
HOP_S = 0.1
SCORE = ScoreCard(
    accuracy=0.7, low=0.6, high=0.8, trials=90, chance=0.5, p_value=0.001, kappa=0.4, confusion=[],
    folds="5 folds",
)  # fmt: skip


def card(task: str, classes: tuple[str, ...]) -> Card:
    """Return a model's card with the fields that decide on its view."""
    return Card.model_construct(
        score=SCORE,
        task=task,
        classes=classes,
        confidence=None,
        decoder=load_profile("motor-imagery").decoder,
        pipeline=load_profile("motor-imagery").pipeline,
        paradigm=load_profile("motor-imagery").paradigm,
        embedded_by=None,
    )


def predicted(classes: tuple[str, ...], best: int, share: float = 0.8) -> Predictions:
    """Return ten seconds of the same prediction."""
    times = np.arange(1, 101) * HOP_S
    row = np.full(len(classes), (1 - share) / (len(classes) - 1))
    row[best] = share
    decision = Decision(classes[best], share)
    return Predictions(classes, times, np.tile(row, (len(times), 1)), [decision] * len(times))


@pytest.fixture
def decided(qtbot: QtBot) -> DecisionAtCursor:
    view = DecisionAtCursor()
    qtbot.addWidget(view)
    view.resize(330, 300)
    return view


@pytest.mark.parametrize(
    ("task", "classes", "kind", "last"),
    [
        ("gestures", GESTURES, ClassBars, "gesture 11"),
        ("speech", GESTURES, WordList, "gesture 11"),
        ("emotion", LEVELS, EmotionView, "valence 5, arousal 5"),
        ("images", IMAGES, ImageMatches, "0039"),
    ],
)
def test_a_decided_class_is_seen_wherever_it_is_in_the_list(
    decided: DecisionAtCursor, task: str, classes: tuple[str, ...], kind: type, last: str
) -> None:
    decided.set_model(card(task, classes))
    assert isinstance(decided.view, kind)
    decided.trials = (ReplayTrial(classes[0], 2.0, 6.0),)
    decided.show_at(predicted(classes, len(classes) - 1), 5.0, 0.002)
    assert decided.view.decision == last
    first = decided.grab().toImage()
    decided.show_at(predicted(classes, 3), 5.1, 0.002)
    assert decided.grab().toImage() != first
    decided.show_at(predicted(classes, 3), 60.0, 0.002)
    assert not decided.view.live


def test_of_many_classes_the_likeliest_have_bars_and_of_few_all_in_their_order(
    decided: DecisionAtCursor,
) -> None:
    decided.set_model(card("gestures", GESTURES))
    decided.show_at(predicted(GESTURES, 9), 5.0, 0.002)
    assert [bar.name for bar in decided.bars.bars.bars] == [GESTURES[k] for k in (9, 0, 1, 2, 3)]
    decided.set_model(card("gestures", GESTURES[:7]))
    decided.show_at(predicted(GESTURES[:7], 6), 5.0, 0.002)
    assert [bar.name for bar in decided.bars.bars.bars] == list(GESTURES[:7])


def test_what_was_asked_is_reported_beside_what_is_decided(decided: DecisionAtCursor) -> None:
    steps = (ReplayTrial("gesture 1", 2.0, 4.0), ReplayTrial("gesture 2", 5.0, 7.0))
    decided.trials = steps
    decided.set_model(card("speech", GESTURES))
    decided.show_at(predicted(GESTURES, 1), 4.0, 0.002)
    assert isinstance(decided.view, WordList)
    assert decided.view.truth == "true word: gesture 1"
    decided.set_model(card("images", IMAGES))
    decided.trials = (ReplayTrial(IMAGES[7], 2.0, 4.0),)
    decided.show_at(predicted(IMAGES, 5), 3.0, 0.002)
    assert isinstance(decided.view, ImageMatches)
    assert decided.view.truth == "0007, rank 2 of 40"
    decided.set_model(card("emotion", LEVELS))
    decided.trials = (ReplayTrial(LEVELS[0], 2.0, 4.0),)
    decided.show_at(None, 3.0, 0.002)
    assert isinstance(decided.view, EmotionView)
    assert decided.view.sentence == "true: valence 1, arousal 1"


def test_decision_at_the_cursor_is_the_one_of_the_evaluation(decided: DecisionAtCursor) -> None:
    sure = ConfidenceCard(
        temperature=1.0, error_before=0.0, error=0.0, threshold=0.7, evidence_s=1.0
    )
    decided.set_model(card("gestures", ("left", "right")).model_copy(update={"confidence": sure}))
    times = np.arange(1, 101) * HOP_S
    # Each single window has a high probability of right.
    shares = np.tile([0.01, 0.99], (100, 1))
    decisions = [*[None] * 9, *[Decision("left", 0.8)] * 51, *[Decision(None, 0.6)] * 40]
    predictions = Predictions(("left", "right"), times, shares, decisions)
    for at, words, beside in (
        (0.5, NO_DECISION, ""), (times[30], "left", "for 2 s"), (times[90], UNDECIDED, "for 3 s"),
        (times[31], "left", "for 2 s"),
    ):  # fmt: skip
        decided.show_at(predictions, float(at) + 0.01, 0.002)
        assert decided.bars.decision == words
        assert decided.bars.rule.beside(decisions[round(at / HOP_S) - 1]) == beside


def test_predictions_grow_by_one_window_after_another() -> None:
    so_far, taken, events = Predictions.none(("left", "right")), [], []
    rng = np.random.default_rng(0)
    for k in range(3000):
        left = float(rng.random())
        whole = k % 3 > 0
        event = PredictedEvent(
            recording="run", start=k / 10, time=k / 10 + 1, probabilities=(left, 1 - left),
            decision="left" if k % 3 == 1 else None, confidence=left if whole else None,
        )  # fmt: skip
        events.append(event)
        taken.append(left)
    early = so_far.with_events(events[:501])
    # Windows with other classes do not belong to this model.
    other = event.model_copy(update={"probabilities": (0.2, 0.3, 0.5)})
    whole = early.with_events([*events[501:], other])
    assert whole.probabilities[:, 0].tolist() == taken
    assert whole.times.tolist() == [k / 10 + 1 for k in range(3000)]
    assert early.probabilities[:, 0].tolist() == taken[:501]
    assert whole.decisions[:3] == [None, Decision("left", taken[1]), Decision(None, taken[2])]


def test_levels_are_smoothed_alike_whether_they_are_played_or_leapt_to(
    decided: DecisionAtCursor,
) -> None:
    rng = np.random.default_rng(0)
    times = np.arange(1, 301) * HOP_S
    shares = rng.dirichlet(np.ones(len(LEVELS)), len(times))
    predictions = Predictions(LEVELS, times, shares, [None] * len(times))

    def shown(*positions: float) -> np.ndarray:
        decided.set_model(card("emotion", LEVELS))
        for position in positions:
            decided.show_at(predictions, position, 0.002)
        assert isinstance(decided.view, EmotionView)
        by_axis = decided.view.course.by_axis
        assert by_axis is not None
        assert [s.time for s in decided.view.course.steps] == sorted(
            s.time for s in decided.view.course.steps
        )
        return by_axis

    played = shown(*np.arange(5.0, 25.0, 0.5), 25.0)
    # The smoothing has a time constant of 2 s, so predictions 15 s before do not matter.
    np.testing.assert_allclose(shown(25.0), played, atol=1e-3)
    np.testing.assert_allclose(shown(5.0, 29.0, 25.0), played, atol=1e-3)


def images_card(gallery: Path) -> Card:
    info = eeg_info(2)
    return Card.model_construct(
        task="images", classes=IMAGES, confidence=None, simulated=True, embedded_by="CLIP",
        decoder=DecoderChoice(name="image-ridge", params={"gallery": str(gallery)}),
        pipeline=load_profile("images").pipeline, paradigm=load_profile("images").paradigm,
        stream=describe_stream(info.sfreq, info.channels), sources=(),
        score=SCORE,
    )  # fmt: skip


def test_why_images_are_shown_by_name_is_reported_until_another_model_is_run(
    qtbot: QtBot, tmp_path: Path
) -> None:
    good, missing = tmp_path / "good.safetensors", tmp_path / "missing.safetensors"
    pictures = tuple(f"{name}.png" for name in IMAGES)
    save_gallery(Gallery(IMAGES, np.eye(40, dtype=np.float32), "CLIP", pictures), good)
    window = ReplayWindow(
        BCI, tmp_path, DashboardSettings(tmp_path / "settings.json"), lambda _: None
    )
    info, n = eeg_info(2), 500
    recording = Recording(info, noise(n, 2), np.arange(n) / info.sfreq, np.arange(n), ())
    window.show_recording(OpenedRecording(tmp_path / "run.fif", recording))

    def run(gallery: Path) -> None:
        window.models.set_models([ListedModel(tmp_path / "me", images_card(gallery), "")])
        window.run_model()
        window.run.cancel()

    run(missing)
    assert not window.banner.isHidden()
    assert f"{missing}: no such gallery" in window.banner.text.text()
    assert "shown by name" in window.banner.text.text()
    run(good)
    assert window.banner.isHidden()
    view = window.decided.view
    assert isinstance(view, ImageMatches)
    assert view._shown.pictures[IMAGES[3]] == tmp_path / "image-0003.png"
    window.stop()


def trials_of(*trials: tuple[str, str | None]) -> tuple[ReplayTrial, ...]:
    return tuple(
        ReplayTrial(label, 2.0 * k, 2.0 * k + 1, decision)
        for k, (label, decision) in enumerate(trials)
    )


def test_each_class_is_scored_with_what_it_was_taken_for() -> None:
    trials = [("b", "b"), ("a", "b"), ("a", "c"), ("a", "b"), ("a", "a"), ("c", "c"), ("d", None)]
    scored = [(asked, decided) for asked, decided in trials if decided is not None]
    assert class_scores(scored) == [
        ClassScore("a", 4, 1, "b", 2),
        ClassScore("b", 1, 1),
        ClassScore("c", 1, 1),
    ]


def test_trial_below_the_threshold_is_not_sure_in_the_list_as_in_the_headline(
    qtbot: QtBot,
) -> None:
    sure, unsure = ReplayTrial("a", 0.0, 1.0, "a", 0.9), ReplayTrial("a", 2.0, 3.0, "b", 0.5)
    trials = judged_trials(evaluation(("a", "b"), (sure, unsure)))
    listed = TrialList()
    qtbot.addWidget(listed)
    listed.set_trials(trials)
    texts = [[listed.item(row, column).text() for column in (3, 4)] for row in range(2)]
    assert texts == [["a", "\u2713 correct"], ["undecided", "\u2717 likeliest"]]
    assert describe(trials[1]) == "asked a, undecided, likeliest b: wrong"
    # The score counts the likeliest class whatever the threshold.
    assert [trial.is_right for trial in trials] == [True, False]


def test_the_summary_of_many_classes_reports_how_those_fared_that_have_no_line(
    qtbot: QtBot,
) -> None:
    summary = Summary()
    qtbot.addWidget(summary)
    trials = [(name, name if k % 2 else GESTURES[0]) for k, name in enumerate(GESTURES)]
    steps = trials_of(*trials, (GESTURES[11], GESTURES[11]))
    summary.set_evaluation(evaluation(GESTURES, steps))
    assert summary.scores[0] == ClassScore("gesture 11", 2, 2)
    assert summary.others_text == "7 more classes: 4 of 7 found"
    assert "gesture 2: 0 of 1 found" in summary.toolTip()
    many = summary.sizeHint().height()
    steps = trials_of(("a", "a"), ("b", "a"))
    summary.set_evaluation(evaluation(("a", "b"), steps, ((1, 0), (1, 0))))
    assert summary.others_text == ""
    assert summary.sizeHint().height() < many


def test_many_classes_of_which_none_was_scored_have_no_matrix(qtbot: QtBot) -> None:
    pictures = []
    for confusion in ((), tuple((0,) * 12 for _ in GESTURES)):
        summary = Summary()
        qtbot.addWidget(summary)
        summary.resize(330, 0)
        summary.set_evaluation(evaluation(GESTURES, (), confusion))
        pictures.append(summary.grab().toImage())
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_more_classes_than_there_are_colours_have_one_in_the_timeline(theme: Theme) -> None:
    few, many = (
        TimelineData(predictions=predicted(names, 0)).colours(theme)
        for names in (GESTURES[:7], GESTURES)
    )
    assert len({few[name].name() for name in GESTURES[:7]}) == 7
    assert {many[name].name() for name in GESTURES} == {theme.colour("accent").name()}
    assert "rest" not in many


@pytest.mark.parametrize(
    ("name", "short"),
    [("valence-2/arousal-4", "2/4"), ("image-0015", "0015"), ("left", "left"), ("a-1", "a-1")],
)
def test_names_of_classes_are_short_in_columns(name: str, short: str) -> None:
    assert brief(name) == short


@pytest.mark.long
def test_a_model_of_ten_words_is_replayed_with_the_words(qtbot: QtBot, tmp_path: Path) -> None:
    settings = SubjectSettings(task="speech", trials_per_class=3)
    for run in (1, 2):
        write_run(simulate_run(settings, run), tmp_path / f"run-{run:02d}_ieeg.fif")
    train(
        TrainingSource(load_profile("speech")),
        [tmp_path / "run-01_ieeg.fif"],
        tmp_path / "models/me",
        False,
    )
    window = ReplayWindow(
        BCI, tmp_path, DashboardSettings(tmp_path / "settings.json"), lambda _: None
    )
    window.show()
    window.open(tmp_path / "run-02_ieeg.fif")
    qtbot.waitUntil(lambda: window.opened is not None, timeout=20_000)
    with qtbot.waitSignal(window.run.finished, timeout=60_000):
        window.models.run.click()
    view = window.decided.view
    assert isinstance(view, WordList)
    assert view.isVisible()
    assert not window.decision.isVisible()
    decided = [step for step in window.trials if step.decision is not None]
    assert len({step.label for step in decided}) == 10
    for k, step in enumerate(window.trials):
        window.go_to(k)
        if step.decision is not None:
            assert view.classes[view.best[0]] == step.decision
            assert view.true_class == step.label
    assert sum(score.asked for score in window.summary.scores) == len(decided)
    assert "5 more classes" in window.summary.others_text
    assert window.width() <= 1280
    window.stop()

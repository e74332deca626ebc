"""Order and timing of a calibration run, by a clock that the test sets."""

from collections import Counter
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from bci.errors import ProfileError
from bci.profiles.profile import load_profile
from bci.tasks.cue_items import class_cues, clip_cues, mood_cues, picture_cues, word_cues
from bci.tasks.paradigms import (
    MOTOR_IMAGERY,
    CueTiming,
    RunPlan,
    kind_for,
    profile_of,
    timing_for,
)
from bci.tasks.schedule import Phase, Schedule, order_of

PROFILE = load_profile("motor-imagery")
CUES = class_cues(PROFILE.paradigm)
TIMING = CueTiming(1.0, 2.0, 3.0, 1.0, 2.0)


def plan(trials_per_class: int, n_words: int = 0, seed: int = 0) -> RunPlan:
    cues = word_cues(" ".join(f"w{k}" for k in range(n_words))) if n_words else CUES
    return RunPlan("test", "", cues, TIMING, trials_per_class, seed)


def phases_until_over(schedule: Schedule, now: float = 0.0) -> list[tuple[float, Phase]]:
    seen = []
    while not schedule.is_over:
        now = round(now + 0.1, 6)
        if schedule.advance(now):
            seen.append((now, schedule.phase))
        assert now < 1000
    return seen


@pytest.mark.parametrize(
    ("per_class", "n_words"), [(1, 0), (4, 0), (20, 0), (150, 0), (9, 3), (2, 90)]
)
def test_each_class_comes_equally_often_and_never_four_times_in_a_row(
    per_class: int, n_words: int
) -> None:
    for seed in range(20):
        order = [cue.label for cue in order_of(plan(per_class, n_words, seed))]
        assert set(Counter(order).values()) == {per_class}
        assert max(len(list(row)) for _, row in groupby(order)) <= 3


def test_a_seed_gives_its_order_again_and_another_seed_another() -> None:
    assert order_of(plan(20, seed=3)) == order_of(plan(20, seed=3))
    assert order_of(plan(20, seed=3)) != order_of(plan(20, seed=4))


def test_a_run_goes_through_every_step_of_every_trial() -> None:
    schedule = Schedule(order_of(plan(2)), TIMING, 0)
    assert not schedule.advance(1e6)
    schedule.begin(0.0)
    seen = phases_until_over(schedule)
    one_trial = [Phase.CUE, Phase.TASK, Phase.PAUSE, Phase.BASELINE]
    assert [phase for _, phase in seen] == [*one_trial * 3, *one_trial[:3], Phase.DONE]
    cue, task, pause, baseline = (at for at, _ in seen[:4])
    assert (cue, task, pause) == pytest.approx((1.0, 3.0, 6.0), abs=0.11)
    assert 1.0 <= baseline - pause <= 2.11
    assert schedule.completed == {"left": 2, "right": 2}


def test_rest_comes_before_the_first_cue_and_never_again() -> None:
    schedule = Schedule(order_of(plan(2)), replace(TIMING, rest_s=60.0), 0)
    schedule.begin(0.0)
    assert schedule.phase is Phase.REST
    # After an interruption the rest starts again, since the part before is too short.
    schedule.interrupt(50.0)
    schedule.begin(100.0)
    assert schedule.phase is Phase.REST
    assert not schedule.advance(159.9)
    assert schedule.advance(160.0)
    assert schedule.phase is Phase.BASELINE
    schedule.interrupt(160.5)
    schedule.begin(170.0)
    assert schedule.phase is Phase.BASELINE


def test_a_run_with_a_promise_begins_with_a_minute_of_rest() -> None:
    assert timing_for(MOTOR_IMAGERY, PROFILE).rest_s == 60.0
    for name in ("speech", "images", "emotion"):
        profile = load_profile(name)
        assert timing_for(kind_for(profile, MOTOR_IMAGERY), profile).rest_s == 0.0
    given = replace(plan(2), timing=replace(TIMING, rest_s=60.0))
    assert given.duration_s == plan(2).duration_s + 60.0


def test_a_clock_that_jumps_skips_no_cue() -> None:
    schedule = Schedule(order_of(plan(1)), TIMING, 0)
    schedule.begin(0.0)
    assert schedule.advance(100.0)
    assert schedule.phase is Phase.CUE
    assert not schedule.advance(101.9)


def test_a_pause_in_a_task_costs_no_trial() -> None:
    schedule = Schedule(order_of(plan(2)), TIMING, 0)
    schedule.begin(0.0)
    schedule.advance(1.0)
    interrupted = schedule.step.cue
    assert interrupted is not None
    schedule.interrupt(2.0)
    assert schedule.phase is Phase.INTERRUPTED
    assert not schedule.advance(500.0)
    schedule.begin(600.0)
    assert schedule.phase is Phase.BASELINE
    phases_until_over(schedule, 600.0)
    assert schedule.completed == {"left": 2, "right": 2}
    assert schedule.step.n_done == schedule.step.n_trials == 4


def test_a_pause_between_trials_repeats_none() -> None:
    schedule = Schedule(order_of(plan(1)), TIMING, 0)
    schedule.begin(0.0)
    for now in (1.0, 3.0, 6.0):
        schedule.advance(now)
    assert schedule.phase is Phase.PAUSE
    schedule.interrupt(6.5)
    schedule.begin(20.0)
    phases_until_over(schedule, 20.0)
    assert schedule.completed == {"left": 1, "right": 1}


def test_abort_ends_at_once_and_keeps_what_was_done() -> None:
    schedule = Schedule(order_of(plan(3)), TIMING, 0)
    schedule.begin(0.0)
    for now in (1.0, 3.0, 6.0):
        schedule.advance(now)
    schedule.abort(6.1)
    assert schedule.is_over
    assert schedule.completed.total() == 1
    schedule.begin(7.0)
    assert schedule.phase is Phase.ABORTED


def test_arrows_point_where_the_class_says_and_other_classes_are_named() -> None:
    other = load_profile("motor-imagery-eegmmidb").paradigm
    assert [(c.marker, c.kind, c.shown) for c in class_cues(other)] == [
        ("T1", "arrow", "left"),
        ("T2", "arrow", "right"),
    ]
    both = other.model_copy(update={"classes": {"left and right": "a", "feet": "b"}})
    assert [(c.kind, c.shown) for c in class_cues(both)] == [
        ("word", "left and right"),
        ("arrow", "down"),
    ]


def test_words_become_classes_of_the_profile() -> None:
    cues = word_cues("yes no water\n")
    assert [cue.marker for cue in cues] == ["word-yes", "word-no", "word-water"]
    assert [c.label for c in word_cues("good morning\nstop\n")] == ["good morning", "stop"]
    assert profile_of(PROFILE, CUES, "bci") is PROFILE
    made = profile_of(PROFILE, cues, "other")
    assert made.output.name == "other"
    assert made.paradigm.classes["water"] == "word-water"
    with pytest.raises(ProfileError, match="1 words"):
        word_cues("yes yes")


def test_pictures_are_named_after_their_files(tmp_path: Path) -> None:
    for name in ("house.png", "face.JPG", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [cue.marker for cue in picture_cues(tmp_path, PROFILE)] == ["face", "house"]
    (tmp_path / "face.png").write_bytes(b"")
    with pytest.raises(ProfileError, match="two pictures have the name face"):
        picture_cues(tmp_path, PROFILE)
    with pytest.raises(ProfileError, match="no such folder"):
        picture_cues(tmp_path / "gone", PROFILE)


def test_pictures_are_named_as_in_their_gallery_where_they_are_looked_up(tmp_path: Path) -> None:
    for name in ("house.png", "image-face.png"):
        (tmp_path / name).write_bytes(b"")
    images = load_profile("images")
    cues = picture_cues(tmp_path, images)
    assert [cue.marker for cue in cues] == ["image-house", "image-face"]
    assert profile_of(images, cues, images.output.name) is images
    made = profile_of(images, cues, "other")
    assert (made.paradigm.items, made.paradigm.classes) == ("image-", {})


def test_a_run_of_the_graz_kind_fits_the_windows_of_the_profile() -> None:
    timing = MOTOR_IMAGERY.timing
    assert timing.cue_s + timing.task_s >= PROFILE.paradigm.stop_s


EMOTION = load_profile("emotion")
MOODS = "joyful, excited, content, calm, bored, sad, angry, afraid, tired, surprised"


def test_a_rating_takes_as_long_as_it_takes_and_ends_the_trial() -> None:
    schedule = Schedule(order_of(plan(1)), TIMING, 0, rated=True)
    schedule.begin(0.0)
    for now in (1.0, 3.0, 6.0):
        assert schedule.advance(now)
    assert schedule.phase is Phase.RATING
    assert schedule.step.cue is not None
    assert not schedule.advance(500.0)
    assert not schedule.completed
    schedule.rate(500.0)
    assert schedule.phase is Phase.PAUSE
    assert schedule.completed.total() == 1


def test_a_trial_that_was_not_rated_is_shown_again() -> None:
    schedule = Schedule(order_of(plan(1)), TIMING, 0, rated=True)
    schedule.begin(0.0)
    for now in (1.0, 3.0, 6.0):
        schedule.advance(now)
    unrated = schedule.step.cue
    schedule.interrupt(7.0)
    schedule.begin(8.0)
    assert not schedule.completed
    assert schedule._left[-1] == unrated


def test_moods_and_clips_are_items_of_the_profile(tmp_path: Path) -> None:
    cues = mood_cues(MOODS, EMOTION.paradigm)
    assert (cues[0].marker, cues[0].item) == ("clip-joyful", "film-joyful")
    assert RunPlan("emotion", "", cues, TIMING, 1, 0).rated
    assert profile_of(EMOTION, cues, EMOTION.output.name) is EMOTION
    assert profile_of(EMOTION, cues, "other").paradigm.items == "film-"
    for k in range(9):
        (tmp_path / f"picture{k}.png").write_bytes(b"")
    (tmp_path / "story.txt").write_text("It was a day in May.\n", encoding="utf-8")
    story = clip_cues(tmp_path, EMOTION.paradigm)[-1]
    assert (story.kind, story.shown) == ("text", "It was a day in May.")
    assert story.item == "film-story"


def test_what_cannot_be_rated_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="2 moods: give 10 to"):
        mood_cues("calm, sad", EMOTION.paradigm)
    with pytest.raises(ProfileError, match="choose emotion"):
        mood_cues(MOODS, PROFILE.paradigm)
    for k in range(10):
        (tmp_path / f"text{k}.txt").write_text("so", encoding="utf-8")
    (tmp_path / "text3.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ProfileError, match=r"text3\.txt: cannot be read as a text"):
        clip_cues(tmp_path, EMOTION.paradigm)

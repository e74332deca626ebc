"""Sessions of a simulated person with a given strength of alpha."""

from dataclasses import replace

import numpy as np
import pytest

from bci.errors import MismatchError, RecordingError
from bci.neurofeedback.offline import Replayed, replay, sham_of
from bci.neurofeedback.report import describe_course, learning_course, run_figures
from bci.neurofeedback.session import FEEDBACK, TRANSFER, FeedbackSession, Update
from bci.neurofeedback.sham import Shown
from bci.profiles.profile import Profile
from bci.signals import Chunk, Recording
from tests.neurofeedback import protocol, session

PLAN = (("baseline", 15.0), ("feedback", 30.0), ("feedback", 30.0), ("transfer", 15.0))
RUNS = {"baseline_s": 15, "feedback_s": 30, "transfer_s": 15}
# One long run, to measure the success rate.
LONG = (("baseline", 30.0), ("feedback", 240.0))
LONG_RUNS = {"baseline_s": 30, "feedback_s": 240}


@pytest.fixture(scope="module")
def replayed() -> Replayed:
    return replay(session(1, PLAN), protocol(runs=RUNS))


def of_kind(updates: list[Update], kind: str) -> list[Update]:
    return [each for each in updates if each.kind == kind]


def counted(recording: Recording, profile: Profile, from_s: float) -> list[Shown]:
    updates = of_kind(replay(recording, profile).updates, FEEDBACK)
    return [each.own for each in updates if each.elapsed_s > from_s and not each.own.held]


def test_success_rate_is_the_chosen_one_after_adaptation() -> None:
    after = counted(session(1, LONG), protocol(runs=LONG_RUNS), 60)
    assert len(after) > 1500
    assert np.mean([each.success for each in after]) == pytest.approx(0.6, abs=0.02)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 6))
def test_success_rate_of_five_people_is_the_chosen_one(seed: int) -> None:
    longer = (("baseline", 30.0), ("feedback", 480.0))
    runs = {"baseline_s": 30, "feedback_s": 480}
    recording = session(seed, longer, gain=1.0 + 0.2 * seed)
    rate = 0.4 if seed % 2 else 0.75
    after = counted(recording, protocol(runs=runs, threshold={"success_rate": rate}), 60)
    assert np.mean([each.success for each in after]) == pytest.approx(rate, abs=0.02)


def test_alpha_that_is_set_shows_in_the_report() -> None:
    profile = protocol(runs=RUNS)
    done = replay(session(1, PLAN, gain=1.6), profile)
    assert done.baseline is not None
    runs = run_figures(done.updates, done.baseline, 1, done.hop_s)
    assert [run.kind for run in runs] == [FEEDBACK, FEEDBACK, TRANSFER]
    assert [run.windows for run in runs] == [300, 300, 150]
    flat = replay(session(1, PLAN, gain=1.0), profile)
    assert flat.baseline is not None
    others = run_figures(flat.updates, flat.baseline, 1, flat.hop_s)
    decibels = [one.mean - other.mean for one, other in zip(runs, others, strict=True)]
    # Alpha is 1.6 times as large, which is 4.1 dB; the background beside it is not.
    assert all(3.0 < gained < 4.2 for gained in decibels)
    assert all(
        run.change_sd > other.change_sd + 0.5 for run, other in zip(runs, others, strict=True)
    )


def test_chunks_change_no_bit(replayed: Replayed) -> None:
    recording, profile = session(1, PLAN), protocol(runs=RUNS)
    again = FeedbackSession(profile, recording.info)
    for marker in recording.markers:
        if marker.label == "rest":
            again.end(marker.time)
        else:
            again.begin(marker.label, marker.time)  # type: ignore[arg-type]
    first = round(recording.markers[0].time * recording.info.sfreq)
    shift = -(first + 1) % again.pipeline.hop
    updates = [
        update
        for row in range(0, len(recording.data), 7)
        for update in again.push(
            Chunk(
                recording.data[row : row + 7],
                recording.timestamps[row : row + 7],
                row + shift,
            )
        )
    ]
    assert repr(updates) == repr(replayed.updates)


def test_nothing_is_rewarded_adapted_or_moved_while_an_artifact_holds() -> None:
    profile = protocol(runs=RUNS, artifacts={"hold_s": 1.0})
    recording = session(3, PLAN)
    data = recording.data.copy()
    at = round((recording.markers[2].time + 10) * recording.info.sfreq)
    data[at : at + 50] += 800.0 * np.hanning(50)[:, None].astype(np.float32)
    updates = of_kind(replay(replace(recording, data=data), profile).updates, FEEDBACK)
    held = [each.own for each in updates if each.run == 2 and 10.2 < each.elapsed_s < 11.4]
    assert len(held) > 10
    assert all(each.held and not each.success and not each.reward for each in held)
    assert len({each.threshold for each in held}) == 1
    assert len({each.level for each in held}) == 1
    free = [each.own.held for each in updates if each.run == 2 and 13 < each.elapsed_s < 20]
    assert np.mean(free) < 0.5


def test_rewards_keep_their_distance_and_a_transfer_run_shows_nothing() -> None:
    profile = protocol(runs=RUNS, reward={"hold_s": 0.3, "refractory_s": 2.0})
    updates = replay(session(1, PLAN), profile).updates
    times = [each.taken for each in of_kind(updates, FEEDBACK) if each.shown.reward]
    assert len(times) > 8
    in_a_run = np.diff([time for time in times if time < 49])
    assert in_a_run.min() >= 2.0 - 1e-6
    transfer = of_kind(updates, TRANSFER)
    assert all(np.isnan(each.shown.level) and not each.shown.reward for each in transfer)
    assert any(each.shown.success for each in transfer)


def test_sham_is_another_subjects_feedback_and_unlike_the_wearers_feature() -> None:
    plan = (("baseline", 15.0), ("feedback", 120.0))
    profile = protocol(runs={"baseline_s": 15, "feedback_s": 120})
    donor, wearer = session(1, plan), session(2, plan)
    plain = replay(wearer, profile).updates
    live = FeedbackSession(profile, wearer.info, sham=sham_of(donor, profile))
    for marker in wearer.markers[::2]:
        live.begin(marker.label, marker.time)  # type: ignore[arg-type]
    updates = [update for chunk in _as_replayed(wearer, live) for update in live.push(chunk)]
    run = of_kind(updates, FEEDBACK)
    assert [each.own for each in run] == [each.own for each in of_kind(plain, FEEDBACK)]
    donated = of_kind(replay(donor, profile).updates, FEEDBACK)
    assert [each.shown.level for each in run] == [each.own.level for each in donated]
    own, shown = (np.array([side(each) for each in run]) for side in (_own, _shown))
    r = np.corrcoef(own, shown)[0, 1]
    # The correlation with shifted feedback is the chance level, as both change slowly.
    chance = [
        np.corrcoef(own, np.roll(shown, shift))[0, 1] for shift in range(200, len(own) - 200, 50)
    ]
    assert abs(r) < 0.2
    assert abs(r) <= max(np.abs(chance))


@pytest.mark.parametrize("threshold", [{}, {"kind": "fixed", "value": 22.0}])
def test_sham_is_on_the_wearers_scale_and_no_threshold_shows_between_runs(
    threshold: dict[str, object],
) -> None:
    profile = protocol(runs=RUNS, threshold=threshold)
    donor, wearer = session(1, PLAN), session(2, PLAN)
    if not threshold:
        # Another amplifier with ten times the gain, which is 20 dB more.
        donor = replace(donor, data=10 * donor.data)
    live = FeedbackSession(profile, wearer.info, sham=sham_of(donor, profile))
    for marker in wearer.markers[::2]:
        live.begin(marker.label, marker.time)  # type: ignore[arg-type]
    updates = [update for chunk in wearer.chunks() for update in live.push(chunk)]
    assert live.baseline is not None
    shown = [each.shown for each in of_kind(updates, FEEDBACK)]
    away = np.array([each.feature for each in shown]) - live.baseline.mean
    assert abs(away.mean()) < 3 * live.baseline.sd
    if threshold:
        assert {each.threshold for each in shown} == {22.0}
    free = [each for each in shown if 0 < each.level < 1 and not each.held]
    assert len(free) > 50
    beyond = [(each.feature - each.threshold) / (4 * live.baseline.sd) for each in free]
    assert beyond == pytest.approx([each.level - 0.5 for each in free])
    others = [each.shown for each in updates if each.kind != FEEDBACK]
    assert all(np.isnan(each.threshold) for each in others)


def _own(update: Update) -> float:
    return update.own.feature


def _shown(update: Update) -> float:
    return update.shown.level


def _as_replayed(recording: Recording, live: FeedbackSession) -> list[Chunk]:
    first = round(recording.markers[0].time * recording.info.sfreq)
    shift = -(first + 1) % live.pipeline.hop
    return [replace(chunk, first=chunk.first + shift) for chunk in recording.chunks()]


def test_sham_of_a_shorter_session_begins_again() -> None:
    profile = protocol(runs=RUNS)
    sham = sham_of(session(1, (("baseline", 15.0), ("feedback", 20.0))), profile)
    assert sham.at(2, 5.0) == sham.at(1, 5.0)
    assert sham.at(1, 5.05) == sham.at(1, 5.0)
    assert sham.at(1, 25.0).level == sham.at(1, 25.0 - 20.0).level
    # A rounded clock does not start the run again at the last window.
    last = sham._runs[0].times[-1]
    assert sham.at(1, last + 1e-4) == sham.at(1, last) != sham.at(1, 0.0)


def test_session_without_baseline_or_runs_is_refused_in_a_sentence() -> None:
    with pytest.raises(RecordingError, match="no baseline yet"):
        replay(session(1, (("feedback", 20.0),)), protocol(runs=RUNS))
    unmarked = replace(session(1, PLAN), markers=())
    with pytest.raises(RecordingError, match="no marker of a run"):
        replay(unmarked, protocol(runs=RUNS))


def test_artifact_limit_of_the_profile_counts_before_that_of_a_kept_baseline(
    replayed: Replayed,
) -> None:
    alone = session(1, (("feedback", 10.0),))
    strict = protocol(runs=RUNS, artifacts={"max_peak_to_peak": 0.01})
    for profile, held in ((protocol(runs=RUNS), False), (strict, True)):
        updates = of_kind(replay(alone, profile, replayed.baseline).updates, FEEDBACK)
        assert all(each.own.held for each in updates) is held


def test_baseline_of_a_simulated_signal_is_refused_for_a_real_one(replayed: Replayed) -> None:
    info = replace(session(1, PLAN).info, simulated=False)
    with pytest.raises(MismatchError, match="baseline is of a simulated signal"):
        FeedbackSession(protocol(runs=RUNS), info, replayed.baseline)


def test_flat_baseline_is_refused() -> None:
    recording = session(1, PLAN)
    flat = replace(recording, data=np.zeros_like(recording.data))
    with pytest.raises(RecordingError, match="does not vary in the baseline"):
        replay(flat, protocol(runs=RUNS))


def test_profile_without_a_protocol_is_refused() -> None:
    profile = protocol().model_copy(update={"neurofeedback": None})
    with pytest.raises(MismatchError, match="no section neurofeedback"):
        FeedbackSession(profile, session(1, PLAN).info)


def test_learning_course_has_the_slope_of_the_runs(replayed: Replayed) -> None:
    done = replayed
    assert done.baseline is not None
    run = run_figures(done.updates, done.baseline, 1, done.hop_s)[0]
    runs = [run._replace(change_sd=0.2 * k + 0.01 * (-1) ** k) for k in range(6)]
    course = learning_course(runs)
    assert course is not None
    assert course.slope == pytest.approx(0.2, abs=0.1)
    assert course.low < course.slope < course.high
    assert "n = 6 runs" in describe_course(course)
    assert learning_course(runs[:2]) is None

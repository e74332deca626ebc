"""The sentence in the status bar."""

import pytest

from bci.lsl.inlet import InletStats
from bci.messages import EngineStatus
from bci.quality.channel_quality import State
from gui.processes.status_line import DashboardStatus


def decoded(**status: object) -> DashboardStatus:
    """Return the state with an engine that sent this status at 10 s."""
    known = {"state": "running", "stream": "amp", "model": "me", **status}
    told = EngineStatus.model_validate(known)
    situation = DashboardStatus(
        "type EEG", "amp", signal_alive=True, engine_alive=True, status=told
    )
    situation.count_samples(100, 10.0)
    situation.status_at = 10.0
    return situation


def decoding(**status: object) -> str:
    return decoded(**status).sentence(10.1, 1.0)


def test_a_model_that_stays_as_it_is_needs_no_words() -> None:
    assert decoding(adaptation="off") == "amp is decoded by me, 1.0 ms late, no samples lost"


@pytest.mark.parametrize("adaptation", ["alignment, 12 updates", "supervised, 7 trials"])
def test_an_adapting_model_is_reported(adaptation: str) -> None:
    assert decoding(adaptation=adaptation).startswith(
        f"amp is decoded by me, which adapts ({adaptation}), 1.0 ms late"
    )


def test_the_delay_of_the_filters_is_reported_beside_the_lateness() -> None:
    said = decoding(filter_delay_s=0.0452)
    assert said == "amp is decoded by me, 1.0 ms late (+45 ms filter delay), no samples lost"
    for unknown in (0.0, None, -1):
        assert "by me, 1.0 ms late, no samples lost" in decoding(filter_delay_s=unknown)


def test_only_a_signal_unlike_the_calibration_is_reported() -> None:
    assert "by me, 1.0 ms late" in decoding(drift=1.2, drift_warning=None)
    said = "by me, but the signal is unlike its calibration (drift 2.5), 1.0 ms late"
    assert said in decoding(drift=2.5, drift_warning="far")


def test_a_drift_without_a_number_is_reported() -> None:
    said = "by me, but the signal is unlike its calibration, 1.0 ms late"
    assert said in decoding(drift=None, drift_warning="far")


def test_an_engine_waiting_for_its_stream_is_reported_without_losses() -> None:
    situation = decoded(state="waiting for stream", stream=None)
    assert situation.sentence(10.1, None).endswith("the engine waits for its stream")
    assert situation.state(10.1) == State.DOUBTFUL
    assert not situation.is_decoded


def test_a_silent_engine_is_doubtful_until_its_next_message() -> None:
    situation = decoded()
    situation.count_samples(200, 11.0)
    assert situation.state(11.0) == State.DOUBTFUL
    said = "amp is shown, no samples lost; the engine has not answered for 1 s"
    assert situation.sentence(11.0, 0.8) == said
    situation.count_samples(300, 110.0)
    assert situation.state(110.0) == State.DOUBTFUL
    assert situation.sentence(110.0, 0.8).endswith("not answered for 100 s")
    # A prediction is a sign of life just as a status is.
    situation.on_sign_of_engine(110.0)
    assert situation.state(110.5) == State.GOOD
    assert "is decoded by me" in situation.sentence(110.5, 0.8)


def test_an_engine_that_says_something_twice_a_second_is_never_overdue() -> None:
    situation = decoded()
    situation.count_samples(200, 10.6)
    assert situation.state(10.6) == State.GOOD


def test_an_engine_that_is_gone_is_doubtful_and_no_engine_at_all_is_not() -> None:
    situation = decoded()
    situation.engine_alive = False
    assert situation.state(10.1) == State.GOOD
    assert situation.sentence(10.1, None).endswith("no engine is running")
    situation.engine_lost = True
    assert situation.state(10.1) == State.DOUBTFUL
    assert situation.sentence(10.1, None).endswith("the engine is gone")


def test_acknowledged_losses_are_shown_no_more_and_later_ones_since_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gui.processes.status_line.time.strftime", lambda _: "14:05")
    situation = decoded(lost_samples=12)
    assert situation.sentence(10.1, 1.0).endswith("12 samples lost")
    assert situation.state(10.1) == State.DOUBTFUL
    situation.acknowledge()
    assert situation.sentence(10.1, 1.0).endswith("no samples lost since 14:05")
    assert situation.state(10.1) == State.GOOD
    situation.status = situation.status.model_copy(update={"lost_samples": 13})
    assert situation.sentence(10.1, 1.0).endswith("1 sample lost since 14:05")
    assert situation.state(10.1) == State.DOUBTFUL
    situation.show_other("type EEG")
    assert (situation.acknowledged, situation.acknowledged_at) == ({}, "")


def counted_losses(lost: int) -> InletStats:
    return InletStats(1000, lost, 1, 0, 0, 250.0, 0.0, 0.0, 1e-4, float("nan"))


def test_losses_of_an_engine_that_was_started_again_are_not_acknowledged_beforehand() -> None:
    situation = decoded(lost_samples=50)
    situation.acknowledge()
    for lost in (0, 20):
        situation.on_status(situation.status.model_copy(update={"lost_samples": lost}), 10.0)
    assert "20 samples lost since" in situation.sentence(10.1, 1.0)
    assert situation.state(10.1) == State.DOUBTFUL


def test_acknowledged_losses_stay_so_when_an_engine_starts_or_ends() -> None:
    situation = decoded(lost_samples=5)
    situation.on_stats(counted_losses(80))
    situation.acknowledge()
    situation.engine_alive = False
    assert "no samples lost since" in situation.sentence(10.1, None)
    situation.on_stats(counted_losses(81))
    assert "1 sample lost since" in situation.sentence(10.1, None)


def test_a_model_at_chance_is_reported_and_doubtful() -> None:
    situation = decoded(model_warning="not distinguishable from chance: do not rely on this model")
    said = "amp is decoded by me, which is no better than chance, 1.0 ms late, no samples lost"
    assert situation.sentence(10.1, 1.0) == said
    assert situation.state(10.1) == State.DOUBTFUL
    situation.engine_alive = False
    assert situation.state(10.1) == State.GOOD


def test_what_is_wrong_with_the_clock_is_in_the_status_line() -> None:
    situation = decoded()
    situation.stats = InletStats(
        1000,
        0,
        0,
        0,
        0,
        250.0,
        0.0,
        0.0,
        1e-4,
        float("nan"),
        findings=("its nominal rate is 320 Hz",),
    )
    assert situation.sentence(10.1, 1.0).endswith("no samples lost; its nominal rate is 320 Hz")
    assert situation.state(10.1) == State.DOUBTFUL

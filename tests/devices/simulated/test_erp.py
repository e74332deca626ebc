"""The simulated person that looks at flashes: responses, their knobs, and cues of others."""

from collections.abc import Sequence

import numpy as np
import pytest

from bci.signals import Marker
from devices.simulated.erp import ErpTraits, feedback, spelling, traits_of
from devices.simulated.person import SimulatedPerson
from devices.simulated.scenarios import Scenario
from devices.simulated.subject import SubjectSettings, simulate_run
from tests.spelled import SFREQ, spelled_run

QUIET = ErpTraits(jitter_s=0.0)
_P300, _ERROR = 3, 4


def person(scenario: Scenario) -> SimulatedPerson:
    rngs = [np.random.default_rng(k) for k in (1, 2)]
    return SimulatedPerson(scenario, SFREQ, *rngs, per_label=1)


def response(scenario: Scenario, markers: Sequence[Marker], seconds: float = 3.0) -> np.ndarray:
    """Courses of the evoked sources after others' markers, (n_samples, n_sources)."""
    own = person(scenario)
    own.follow(True)
    for marker in markers:
        own.receive(marker)
    times = np.arange(round(seconds * SFREQ)) / SFREQ
    return own.act(times)[0][:, 1:]


def test_responses_to_flashes_that_follow_one_another_add_up() -> None:
    scenario = spelling(traits=QUIET)
    both = [Marker(0.5, "target/1"), Marker(0.66, "target/2")]
    first, second, together = (
        response(scenario, markers) for markers in (both[:1], both[1:], both)
    )
    # The amplitude is drawn anew at each flash, so only the place and the time can be compared.
    assert np.abs(together).max() > np.abs(first).max()
    assert np.corrcoef(together[:90, 2], first[:90, 2])[0, 1] > 0.9
    assert np.abs(second[:80]).max() == 0
    overlap = slice(round(1.0 * SFREQ), round(1.1 * SFREQ))
    assert (together[overlap, 2] > first[overlap, 2]).all()


def test_only_the_attended_symbol_has_a_p300_and_free_flashes_have_none() -> None:
    scenario = spelling(traits=QUIET)
    courses = {
        label: response(scenario, [Marker(0.5, label)])
        for label in ("target/3", "nontarget/3", "flash/3", "selection/1/A")
    }
    assert np.abs(courses["target/3"][:, 2]).max() > 0.5
    for label in ("nontarget/3", "flash/3"):
        assert np.abs(courses[label][:, 1:]).max() == 0
        assert np.abs(courses[label][:, 0]).max() > 0.5
    assert np.abs(courses["selection/1/A"]).max() == 0


def test_feedback_of_a_wrong_symbol_has_an_error_potential() -> None:
    wrong, right = (
        response(feedback(QUIET), [Marker(0.5, f"feedback/{kind}/A")])
        for kind in ("error", "correct")
    )
    assert np.abs(wrong[:, 3:]).max() > 0.5
    assert np.abs(right[:, 1:]).max() == 0


def test_the_latency_jitters_as_much_as_asked_for() -> None:
    def peaks(jitter_s: float) -> np.ndarray:
        scenario, rng = spelling(traits=ErpTraits(jitter_s=jitter_s)), np.random.default_rng(0)
        times = np.arange(0, 1, 0.001)
        course = scenario.sources[_P300].gain
        return np.array(
            [times[course("target/1", times, float(u)).argmax()] for u in rng.uniform(size=400)]
        )

    assert peaks(0.0).std() == 0
    assert peaks(0.04).std() == pytest.approx(0.04, rel=0.15)


def test_a_run_copies_its_text_and_is_the_same_for_the_same_seed() -> None:
    run, again = spelled_run("OK", 4, repetitions=2), spelled_run("OK", 4, repetitions=2)
    assert run.data.tobytes() == again.data.tobytes()
    assert run.markers == again.markers
    labels = [marker.label for marker in run.markers]
    assert [label for label in labels if "/" in label and label.startswith("selection")] == [
        "selection/1/O",
        "selection/2/K",
    ]
    # Two groups of twelve light a symbol.
    assert sum(label.startswith("target/") for label in labels) == 2 * 2 * 2
    assert sum(label.startswith("nontarget/") for label in labels) == 2 * 2 * 10


def test_each_person_has_traits_of_its_own() -> None:
    assert traits_of(1) == traits_of(1) != traits_of(2)


@pytest.mark.slow
def test_simulate_writes_whole_runs_of_p300() -> None:
    run = simulate_run(SubjectSettings(1, "p300"), 1)
    flashes = [m for m in run.markers if m.label.startswith(("target", "nontarget"))]
    assert len(flashes) == 5 * 10 * 12
    # A calibration of under three minutes has two such runs.
    assert run.duration < 130
    assert run.info.simulated

"""The table of several engines and the clocks of their streams."""

import pytest

from bci.messages import EngineStatus, PeopleStatus, read_status
from bci.people.clock_table import people_status, person_of


def status(error_s: float | None) -> EngineStatus:
    return EngineStatus(
        state="running", model="noise", stream="headset", source_id="h-1", clock_offset_s=-3.5,
        clock_error_s=error_s, clock_drift_ppm=12.0, samples=500, latency_p99_ms=8.0,
    )  # fmt: skip


def test_a_person_has_the_stream_and_the_clock_of_the_engine() -> None:
    person = person_of("anna", status(1e-4), restarts=2)
    assert (person.stream, person.source_id, person.restarts) == ("headset", "h-1", 2)
    assert (person.clock_offset_s, person.clock_drift_ppm) == (-3.5, 12.0)


def test_the_error_is_that_of_the_two_worst_clocks() -> None:
    people = [person_of(name, status(error)) for name, error in (("a", 1e-4), ("b", 5e-4))]
    people += [person_of("c", status(2e-4)), person_of("d", status(None))]
    assert people_status(people).error_s == pytest.approx(7e-4)


def test_one_clock_alone_has_no_error_between_streams() -> None:
    assert people_status([person_of("a", status(1e-4))]).error_s is None


def test_the_table_crosses_the_network_as_it_is() -> None:
    sent = people_status([person_of("a", status(1e-4)), person_of("b", status(None))])
    assert read_status(sent.line()) == sent
    assert isinstance(read_status(sent.line()), PeopleStatus)

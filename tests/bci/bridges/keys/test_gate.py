"""Taps and holds of keys by decisions: hold-off, rate limit, longest hold."""

import pytest

from bci.bridges.keys.actions import KeyAction, parse_action, parse_map
from bci.bridges.keys.gate import Gate
from bci.bridges.keys.settings import KeysSettings
from bci.decisions import DecisionEvent
from bci.errors import BridgeError
from tests.commands import refused


def gate(**settings: object) -> Gate:
    given = {"map": ("left=key:left", "right=space"), "hold_off_s": 0.0, **settings}
    return Gate(KeysSettings.model_validate(given))


def decide(gate: Gate, label: str | None, now: float, confidence: float = 0.9) -> None:
    kind = "onset" if label is not None else "offset"
    gate.decide(DecisionEvent(kind, label, confidence, now), now)


def repeat(gate: Gate, label: str, now: float) -> None:
    gate.decide(DecisionEvent("repeat", label, 0.9, now), now)


def pressed(gate: Gate, now: float) -> str | None:
    press = gate.pressed(now)
    return None if press is None else str(press.action)


def test_tap_ends_by_itself_whatever_is_decided_next() -> None:
    tapping = gate(tap_ms=100)
    decide(tapping, "left", 1.0)
    assert pressed(tapping, 1.05) == "key:left"
    decide(tapping, None, 1.06)
    assert pressed(tapping, 1.09) == "key:left"
    assert pressed(tapping, 1.11) is None


def test_each_onset_and_repeat_is_a_tap_of_its_own() -> None:
    tapping = gate()
    decide(tapping, "left", 1.0)
    first = tapping.pressed(1.0)
    repeat(tapping, "left", 2.0)
    second = tapping.pressed(2.0)
    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (1, 2)


def test_hold_lasts_until_the_offset() -> None:
    holding = gate(mode="hold")
    decide(holding, "left", 1.0)
    repeat(holding, "left", 2.0)
    assert pressed(holding, 5.0) == "key:left"
    assert holding.counts.pressed == 1
    decide(holding, None, 5.1)
    assert pressed(holding, 5.1) is None


def test_hold_of_one_label_ends_at_another_that_has_no_key() -> None:
    holding = gate(mode="hold")
    decide(holding, "left", 1.0)
    decide(holding, "rest", 1.5)
    assert pressed(holding, 1.5) is None


def test_longest_hold_releases_until_the_next_onset() -> None:
    holding = gate(mode="hold", max_hold_s=2)
    decide(holding, "left", 1.0)
    assert pressed(holding, 3.1) is None
    decide(holding, "left", 4.0)
    assert pressed(holding, 4.0) == "key:left"


def test_hold_off_and_rate_limit_leave_decisions_out_and_count_them() -> None:
    tapping = gate(hold_off_s=0.5, per_minute=2)
    for now in (1.0, 1.4, 1.6, 3.0, 61.5):
        decide(tapping, "right", now)
    counts = tapping.counts
    assert (counts.pressed, counts.hold_off, counts.rate_limit) == (3, 1, 1)


def test_decision_below_the_confidence_presses_nothing() -> None:
    tapping = gate(min_confidence=0.8)
    decide(tapping, "left", 1.0, confidence=0.7)
    assert pressed(tapping, 1.0) is None
    assert tapping.counts.not_confident == 1


def test_released_press_does_not_come_back() -> None:
    holding = gate(mode="hold")
    decide(holding, "left", 1.0)
    assert holding.release()
    repeat(holding, "left", 1.1)
    press = holding.pressed(1.1)
    assert press is not None
    assert press.number == 2


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("left", KeyAction("key", "left")), ("Key.left", KeyAction("key", "left")),
        ("key:A", KeyAction("key", "a")), ("button:left", KeyAction("button", "left")),
        ("stick:up", KeyAction("stick", "up")), ("f12", KeyAction("key", "f12")),
    ],
)  # fmt: skip
def test_action_is_read(text: str, action: KeyAction) -> None:
    assert parse_action(text) == action


@pytest.mark.parametrize("text", ["", "key:", "hyper", "button:9", "pad:z", "rm -rf:x", "ä", "a b"])
def test_what_is_no_action_is_refused(text: str) -> None:
    with pytest.raises(BridgeError, match="is no action"):
        parse_action(text)


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [((), "1 to 64"), (("left",), "not LABEL=VALUE"), (("a=b", "a=c"), "twice")],
)
def test_wrong_map_is_refused(pairs: tuple[str, ...], reason: str) -> None:
    with pytest.raises(BridgeError, match=reason):
        parse_map(pairs)


def test_label_may_hold_an_equals_sign() -> None:
    assert parse_map(("a=b=space",)) == {"a=b": KeyAction("key", "space")}


def test_wrong_parameter_is_refused_in_a_line() -> None:
    assert "map" in refused("bridge", "keys")
    assert "keys: map: 'hyper' is no action" in refused("bridge", "keys", "map=left=hyper")

"""The first start of the demo: its model, and a second start in the same folder."""

from pathlib import Path

import pytest

from bci.cli import dashboard
from bci.evaluation.pseudo_online import evaluate
from bci.models.bundle import load_card, save_bundle
from bci.models.card import decision_threshold, evidence_span
from bci.models.load import load_model
from bci.profiles.profile import Output, load_profile
from bci.recording.read import read_recording
from tests.models import two_class_model, two_class_profile


def test_a_demo_takes_the_model_that_another_one_made_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = two_class_model(tmp_path, two_class_profile())

    def slower(*_: object, **__: object) -> None:
        model = tmp_path / "models" / "simulated"
        for _ in range(2):  # the other demo's, then this one's
            save_bundle(model, made.card, made.decoder.arrays())

    runs = [tmp_path / f"run-{number}.fif" for number in (1, 2, 3)]
    monkeypatch.setattr("devices.simulated.subject.write_subject", lambda *_, **__: runs)
    monkeypatch.setattr(dashboard, "train", slower)
    profile = load_profile("motor-imagery")
    last, model = dashboard._simulated_subject(tmp_path, profile, "motor-imagery", str)
    assert last == runs[-1]
    assert load_card(model).name == "me"


@pytest.mark.long
def test_the_model_of_the_demo_decides_most_cues(tmp_path: Path) -> None:
    profile = dashboard._lively(load_profile("motor-imagery"))
    last, model = dashboard._simulated_subject(tmp_path, profile, "motor-imagery", str)
    card, decoder = load_model(model)
    threshold, span = decision_threshold(Output(), card), evidence_span(Output(), card)
    result = evaluate(card, decoder, read_recording(last), threshold, None, span, card.adapt)
    assert result.cues_decided >= 0.6 * result.cues
    assert result.cues_right >= 0.9 * result.cues_decided

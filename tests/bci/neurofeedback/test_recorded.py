"""Reports of recorded sham sessions, with the shown feedback from the feature's stream."""

from pathlib import Path

import numpy as np
import pytest

from bci.lsl.metadata import to_lsl
from bci.messages import FeedbackRunEvent, read_event
from bci.neurofeedback.offline import sham_of
from bci.neurofeedback.report import RunFigures, run_figures
from bci.neurofeedback.session import KINDS, FeedbackSession, Update
from bci.neurofeedback.sham import SHAM, allocation_label
from bci.neurofeedback.streams import COLUMNS
from bci.profiles.profile import Profile
from bci.recording.xdf.writer import XdfWriter
from bci.signals import Channel, Marker, Recording, StreamInfo
from tests.commands import bci
from tests.neurofeedback import protocol, session

PLAN = (("baseline", 12.0), ("feedback", 15.0), ("feedback", 15.0))
PROFILE = protocol(runs={"baseline_s": 12, "feedback_s": 15})
START = 4000.0


def sham_session(profile: Profile) -> tuple[Recording, list[Update], list[Marker], FeedbackSession]:
    """Run a session in which another subject's feedback is shown."""
    wearer = session(2, PLAN)
    live = FeedbackSession(profile, wearer.info, sham=sham_of(session(1, PLAN), profile))
    for marker in wearer.markers[::2]:
        live.begin(marker.label, marker.time)  # type: ignore[arg-type]
    updates = [update for chunk in wearer.chunks() for update in live.push(chunk)]
    live.finish()
    ended = Marker(live.taken, allocation_label(SHAM))
    return wearer, updates, [*live.take_events(), ended], live


def write(
    path: Path, signal: Recording, updates: list[Update] | None, markers: list[Marker]
) -> Path:
    """Write the streams of a session as a recorder does."""
    writer = XdfWriter(path)
    writer.write_samples(
        writer.add_stream(to_lsl(signal.info).as_xml()), START + signal.timestamps, signal.data
    )
    if updates is not None:
        columns = tuple(Channel(name, name, "1") for name in COLUMNS)
        info = StreamInfo("neurofeedback-feature", "Feature", 0.0, columns, "feature", True)
        rows = [
            [*each.shown, each.run, -1 if each.kind is None else KINDS.index(each.kind), 0.0]
            for each in updates
        ]
        times = START + np.array([each.taken for each in updates])
        stream = writer.add_stream(to_lsl(info, "double64").as_xml())
        writer.write_samples(stream, times, np.array(rows, dtype=np.float64))
    text = Channel("runs", "marker", "")
    info = StreamInfo("neurofeedback-runs", "Cues", 0.0, (text,), "runs", True)
    stream = writer.add_stream(to_lsl(info, "string").as_xml())
    labels = np.array([[marker.label.encode()] for marker in markers], dtype=object)
    writer.write_samples(stream, START + np.array([m.time for m in markers]), labels)
    writer.close()
    return path


def reported(profile: Path, file: Path) -> list[FeedbackRunEvent]:
    done = bci("neurofeedback", profile, "--recording", file, "--json")
    assert done.returncode == 0, done.stderr
    events = [read_event(line) for line in done.stdout.splitlines()]
    return [event for event in events if isinstance(event, FeedbackRunEvent)]


@pytest.fixture(scope="module")
def profile_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("profile") / "profile.yaml"
    file.write_text(PROFILE.model_dump_json(exclude_none=True))
    return file


def test_report_of_a_sham_recording_has_the_rewards_and_agreement_of_what_was_shown(
    tmp_path: Path, profile_file: Path
) -> None:
    signal, updates, markers, live = sham_session(PROFILE)
    assert live.baseline is not None
    expected: list[RunFigures] = run_figures(updates, live.baseline, 1, live.hop_s)
    runs = reported(profile_file, write(tmp_path / "sham.xdf", signal, updates, markers))
    assert [run.allocation for run in runs] == ["sham", "sham"]
    for run, figures in zip(runs, expected, strict=True):
        assert abs(figures.agreement) < 0.9
        assert run.agreement == pytest.approx(figures.agreement, abs=1e-6)
        assert run.rewards_per_min == pytest.approx(figures.rewards_per_min)
        assert run.success == pytest.approx(figures.shown_success)
        assert run.own_success == pytest.approx(figures.success)


def test_sham_that_was_not_recorded_is_unknown_and_not_the_wearers_own(
    tmp_path: Path, profile_file: Path
) -> None:
    signal, _, markers, _ = sham_session(PROFILE)
    for run in reported(profile_file, write(tmp_path / "sham.xdf", signal, None, markers)):
        assert run.agreement is None
        assert run.rewards_per_min is None
        assert run.success is None
        assert run.own_success is not None

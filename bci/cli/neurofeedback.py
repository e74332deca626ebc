"""Command ``bci neurofeedback``: feed a feature back live, or report on recorded sessions."""

import queue
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bci.cli import options
from bci.cli.console import note, warn
from bci.cli.events import JsonOption
from bci.errors import DeviceError, ProfileError
from bci.profiles.profile import Profile

if TYPE_CHECKING:
    from bci.neurofeedback.baseline import Baseline
    from bci.neurofeedback.session import RunKind, Update
    from bci.neurofeedback.sham import Sham
    from bci.sound import SoundOutput


def neurofeedback(
    profile: Annotated[
        str, typer.Argument(help="Profile with a protocol: a file, or a shipped one's name.")
    ] = "neurofeedback-alpha",
    stream: Annotated[str | None, typer.Option(help="Name of the LSL stream.")] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(help="Baseline (YAML): used if it is there, else recorded and written."),
    ] = None,
    runs: Annotated[
        int | None, typer.Option(min=0, max=100, help="Runs of feedback; default: the profile's.")
    ] = None,
    transfer: Annotated[
        bool, typer.Option("--transfer", help="Only transfer runs, in which nothing is shown.")
    ] = False,
    sham: Annotated[
        Path | None,
        typer.Option(help="Recording of another subject's session, to be shown instead."),
    ] = None,
    allocate: Annotated[
        str | None,
        typer.Option(help="Draw real or sham by this code; it stays secret until the end."),
    ] = None,
    sound: Annotated[
        bool | None, typer.Option("--sound/--no-sound", help="Default: as the profile has it.")
    ] = None,
    recording: Annotated[
        list[Path] | None,
        typer.Option(help="Report on a recorded session instead; may be repeated, in order."),
    ] = None,
    name: options.EngineName = None,
    wait: Annotated[
        float | None, typer.Option(min=0, help="Give up if no stream appears for this long, in s.")
    ] = None,
    unit: options.GivenUnit = None,
    names: options.GivenNames = None,
    guided: Annotated[bool, typer.Option("--guided", hidden=True)] = False,
    as_json: JsonOption = False,
    with_parent: options.WithParent = False,
) -> None:
    """Feed a feature of the signal back to the subject: baseline, runs, transfer, report.

    Publishes <name>-feature (feature, threshold, level ...), <name>-reward and <name>-runs over
    LSL. Record them with 'bci record', and report on the recording with --recording. Ctrl-C ends
    the session; the run so far counts.

    Example: bci neurofeedback neurofeedback-alpha --baseline me.yaml

    The report of three sessions: bci neurofeedback neurofeedback-alpha --recording day1.xdf
    --recording day2.xdf --recording day3.xdf
    """
    from bci.cli.stopping import stop_on_signals
    from bci.profiles.profile import load_profile

    wanted = load_profile(profile)
    if wanted.neurofeedback is None:
        raise ProfileError(
            f"{profile} has no section neurofeedback; copy configs/neurofeedback-alpha.yaml"
        )
    wanted = _with_options(wanted, options.given_options(unit, names))
    if transfer and runs:
        raise ProfileError("--transfer makes only transfer runs: leave --runs out")
    if recording:
        from bci.cli.neurofeedback_report import report_recordings

        report_recordings(recording, wanted, baseline, stream, as_json)
        return
    commands: queue.SimpleQueue[str] = queue.SimpleQueue()
    stop = stop_on_signals(with_parent, commands if guided else None)
    # Filters take a second or more to load, so the options are checked before.
    from bci.cli.neurofeedback_report import Printer
    from bci.lsl.discovery import StreamQuery
    from bci.neurofeedback.live import LiveSession

    kept = _kept(baseline, wanted)
    shown_sham = _sham(sham, allocate, wanted)
    plan = None if guided else _plan(wanted, kept is not None, runs, transfer)
    query = StreamQuery(name=stream) if stream else StreamQuery(**wanted.stream.model_dump())
    printer = Printer(wanted, baseline, as_json)
    speaker = _speaker(wanted, sound)
    live = LiveSession(
        wanted, query, name or wanted.output.name, note, plan, kept, shown_sham,
        on_baseline=printer.take_baseline, on_run=printer.take_run,
    )  # fmt: skip
    if speaker is not None:
        live.on_update = speaker.follow
    try:
        live.run(stop, wait, commands)
    finally:
        if speaker is not None:
            speaker.close()
        printer.print_end(live.figures, shown_sham is not None)


def _with_options(profile: Profile, given: dict[str, object]) -> Profile:
    pipeline = profile.pipeline.model_copy(update=given)
    return profile.model_copy(update={"pipeline": pipeline})


def _kept(file: Path | None, profile: Profile) -> "Baseline | None":
    """Read the baseline if ``file`` exists; else check that it can be written, return None."""
    from bci.files.writable import require_place
    from bci.neurofeedback.baseline import load_baseline

    if file is None:
        return None
    if file.exists():
        return load_baseline(file, profile)
    require_place(file, "--baseline")
    return None


def _plan(
    profile: Profile, has_baseline: bool, runs: int | None, transfer: bool
) -> "list[RunKind]":
    from bci.neurofeedback.session import BASELINE, FEEDBACK, TRANSFER

    assert profile.neurofeedback is not None
    wanted = profile.neurofeedback.runs
    n_feedback = 0 if transfer else wanted.feedback_runs if runs is None else runs
    n_transfer = max(1, wanted.transfer_runs) if transfer else wanted.transfer_runs
    first = [] if has_baseline else [BASELINE]
    plan = [*first, *[FEEDBACK] * n_feedback, *[TRANSFER] * n_transfer]
    if not plan:
        raise ProfileError("there is no run to make: give --runs 1 or more, or --transfer")
    return plan


def _sham(file: Path | None, code: str | None, profile: Profile) -> "Sham | None":
    """Return the other session if the subject gets sham feedback, else None.

    Nothing printed reveals which of the two.
    """
    from bci.neurofeedback.offline import sham_of
    from bci.neurofeedback.sham import REAL, allocated
    from bci.recording.read import read_recording

    if file is None:
        if code is not None:
            raise ProfileError("--allocate draws between real and sham: give --sham FILE as well")
        return None
    # Always read, so that the duration of the start does not reveal the kind of feedback.
    other = sham_of(read_recording(file, profile=profile), profile)
    return None if code is not None and allocated(code) == REAL else other


def _speaker(profile: Profile, wanted: bool | None) -> "_Speaker | None":
    """Open the sound output if it is wanted; None if it is not wanted or not available."""
    assert profile.neurofeedback is not None
    follows = profile.neurofeedback.shown.sound
    if wanted is False or (wanted is None and follows == "none"):
        return None
    from bci.sound import SoundOutput, Tone

    try:
        return _Speaker(SoundOutput(Tone("volume" if follows == "volume" else "pitch")))
    except DeviceError as error:
        warn(f"{error}; the session continues without sound")
        return None


class _Speaker:
    """Play a tone that follows the shown level, and a chime at rewards."""

    def __init__(self, output: "SoundOutput") -> None:
        self._output = output

    def follow(self, update: "Update") -> None:
        shown = update.shown
        self._output.set(shown.level)
        if shown.reward:
            self._output.chime()

    def close(self) -> None:
        self._output.close()

"""Start of the dashboard, alone or with a replay and an engine as its child processes."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import decoders
from bci.cli import speller_demo
from bci.cli.calibrate import store_without_training, train, with_gallery
from bci.cli.console import err
from bci.cli.doctor import has_screen
from bci.cli.screen import dead_display
from bci.cli.training_source import TrainingSource
from bci.commands import bci_command
from bci.errors import BciError, BundleError, ProfileError
from bci.files.writable import require_folder
from bci.models.bundle import CARD, load_card
from bci.models.card import Card, decision_threshold
from bci.models.stimulus import with_stimulus
from bci.pipeline.filter_settings import Notch
from bci.profiles.profile import Profile, load_profile
from bci.recording.read import read_recording
from bci.signals import Task
from bci.tasks.image_gallery import save_gallery

if TYPE_CHECKING:
    from gui.decisions.image_matches import ShownImages
    from gui.decisions.word_list import ShownWords
    from gui.processes.child import Command

# A notch filter in this range removes power-line noise.
_LINE_HZ = (40.0, 70.0)
_DEMO_PER_MIN = 40.0


def open_dashboard(
    profile_name: str, model: Path | None, stream: str | None, engine_name: str | None
) -> int:
    """Show the profile's stream; if a model is known, offer to start an engine.

    Returns the exit code.
    """
    app = import_dashboard()
    profile = load_profile(profile_name)
    folder = model or (Path(profile.model) if profile.model else None)
    commands = []
    if folder is not None:
        selected = ["--stream", stream] if stream else []
        commands.append(_engine(profile_name, folder, engine_name, selected))
    return _show(app, profile_name, stream, engine_name, folder, tuple(commands), autostart=False)


def run_demo(
    recording: Path | None,
    model: Path | None,
    profile_name: str | None,
    task: Task,
    speed: str,
    folder: Path,
    engine_name: str | None,
    screenshot: Path | None,
    screenshot_after: float,
) -> int:
    """Run a replay, an engine and the dashboard together; return the exit code."""
    from bci.models.fit import check_stream

    if recording is None and task == "neurofeedback":
        shot = screenshot, screenshot_after
        return _feedback_demo(import_dashboard(), profile_name or "neurofeedback-demo", *shot)
    spelled = speller_demo.TEXTS.get(task, "") if recording is None else ""
    if recording is None:
        profile = load_profile(profile_name) if profile_name else _lively(load_profile(task))
        profile_name = profile_name or task
        recording, model = _prepare_subject(folder, profile, task)
    elif model is None:
        raise ProfileError("a recording needs a model: calibrate one, then give --model FOLDER")
    app = import_dashboard()
    card = load_card(model)
    info = read_recording(recording).info
    check_stream(card, info)
    profile_name = profile_name or _profile_of(card)
    if spelled:
        engine = engine_name or load_profile(profile_name).output.name
        spelling = (
            speller_demo.simulated_person(task, profile_name, info),
            _engine(profile_name, model, engine_name, speller_demo.engine_arguments(task, engine)),
        )
        stream = speller_demo.stream_name(task)
        shot = screenshot, screenshot_after
        return _show(
            app, profile_name, stream, engine_name, model, spelling, True, *shot, spell=spelled
        )
    name = info.name
    supervised = load_profile(profile_name).output.adapt == "supervised"
    markers = ["--markers", f"{name}-markers"] if card.pipeline.at_cues or supervised else []
    commands = (
        app.Command(
            "replay",
            (
                *bci_command(), "replay", str(recording), "--speed", speed, "--loop",
                "--name", name, "--wait-for-consumer", "10", "--with-parent",
            ),
        ),
        _engine(profile_name, model, engine_name, ["--stream", name, *markers]),
    )  # fmt: skip
    shot = screenshot, screenshot_after
    return _show(app, profile_name, name, engine_name, model, commands, True, *shot)


def _feedback_demo(
    app: ModuleType, profile_name: str, screenshot: Path | None, screenshot_after: float
) -> int:
    """Show neurofeedback of a simulated person that follows the runs of the guided session."""
    name = "simulated-person"
    device = (
        *bci_command(), "stream", "--device", "simulator", "task=neurofeedback", f"name={name}",
        "--with-parent",
    )  # fmt: skip
    commands = (app.Command("simulator", device),)
    shot = screenshot, screenshot_after
    return _show(app, profile_name, name, None, None, commands, True, *shot)


def _lively(profile: Profile) -> Profile:
    """Raise the limit of false decisions, which are harmless for a simulated subject.

    So the demo's model decides often.
    """
    output = profile.output.model_copy(update={"false_positives_per_min": _DEMO_PER_MIN})
    return profile.model_copy(update={"output": output})


def _prepare_subject(folder: Path, profile: Profile, task: Task) -> tuple[Path, Path]:
    """Return the demo's recording and model; at the first start, make them with a window."""
    make = partial(_simulated_subject, folder, profile, task)
    if (_model_folder(folder, task) / CARD).is_file():
        return make(lambda _: None)
    # A lack of either is reported before a window opens and runs are simulated.
    require_folder(folder / "models", "--folder")
    decoders.create(profile.decoder.name)

    def make_and_print(show: Callable[[str], None]) -> tuple[Path, Path]:
        def report(step: str) -> None:
            err.print(f"first start: {step}")
            show(f"{step[0].upper()}{step[1:]} ...")

        return make(report)

    prepare = import_dashboard("gui.widgets.preparation").prepare
    made: tuple[Path, Path] = prepare(make_and_print)
    return made


def _model_folder(folder: Path, task: Task) -> Path:
    name = "simulated" if task == "motor-imagery" else f"simulated-{task}"
    return folder / "models" / name


def _simulated_subject(
    folder: Path, profile: Profile, task: Task, report: Callable[[str], None]
) -> tuple[Path, Path]:
    """Return the simulated subject's last run, and the model calibrated on the earlier runs."""
    from bci.interfaces import TrainingFree
    from devices.simulated.subject import gallery_file, simulated_gallery, write_subject

    flickers = profile.stimuli is not None
    is_free = flickers and isinstance(TrainingSource(profile).make_decoder(), TrainingFree)
    n_runs = 1 if is_free else 3
    model = _model_folder(folder, task)
    if not (model / CARD).is_file():
        report(f"simulating a person's recordings into folder {folder}")
    *earlier, last = write_subject(folder, seed=1, n_runs=n_runs, task=task)
    if is_free and not (model / CARD).is_file():
        store_without_training(
            TrainingSource(profile), read_recording(last).info, model, force=False
        )
        err.print(f"the decoder {profile.decoder.name} needs no training")
    if not (model / CARD).is_file():
        report(f"calibrating on the simulated runs in folder {folder}")
        if task == "images":
            # The candidates are the images of the last run, which are not in the earlier runs.
            shown = last.with_name(f"{last.stem}_gallery.safetensors")
            save_gallery(simulated_gallery([n_runs]), shown)
            profile = with_gallery(profile, gallery_file(folder, seed=1), candidates=shown)
        try:
            card = train(TrainingSource(profile), earlier, model, force=False)
        except BundleError:
            # Another demo, started at the same time, may have written the same model already.
            if not (model / CARD).is_file():
                raise
            card = load_card(model)
        err.print(f"{_scored(card)} on a simulated signal")
    return last, model


def _scored(card: Card) -> str:
    """Describe the score of a model; for flashes the AUC, because most are no targets."""
    score = card.score
    if (auc := card.flash_auc) is not None:
        return f"AUC {auc.value:.2f} (n = {score.trials} flashes, chance {auc.chance:.2f})"
    return (
        f"accuracy {score.accuracy:.2f} ({score.low:.2f}-{score.high:.2f}, n = "
        f"{score.trials}, chance {score.chance:.2f})"
    )


def _shown_images(profile: Profile, model: Path | None) -> "ShownImages":
    """Load the pictures of a model's images that exist at the places its gallery states."""
    from bci.training.time_course import load_time_course
    from gui.decisions.image_matches import ShownImages, shown_images

    if model is None:
        return ShownImages(profile.pipeline.window_s)
    shown, lacking = shown_images(
        with_stimulus(load_card(model), profile.stimulus), load_time_course(model)
    )
    for why in lacking:
        err.print(why)
    return shown


def _shown_words(profile: Profile, card: Card | None) -> "ShownWords":
    """Return the settings by which words are cut from the signal: the model's or the profile's."""
    from gui.decisions.word_list import ShownWords

    own = profile if card is None else with_stimulus(card, profile.stimulus)
    paradigm, pipeline = own.paradigm, own.pipeline
    end_s = paradigm.offset_s + paradigm.start_s + pipeline.window_s
    return ShownWords(end_s, pipeline.at_cues)


def _profile_of(card: Card) -> str:
    """Return the name of the shipped profile with which a model was calibrated."""
    from bci.profiles.profile import shipped_profiles

    for name in shipped_profiles():
        profile = load_profile(name)
        if (profile.paradigm, profile.pipeline.filters) == (card.paradigm, card.pipeline.filters):
            return name
    raise ProfileError("the model was calibrated with a profile of yours: give it with --profile")


def _engine(profile_name: str, model: Path, name: str | None, more: list[str]) -> "Command":
    from gui.app import Command

    named = ["--name", name] if name else []
    run = (*bci_command(), "run", profile_name, "--model", str(model), *more, *named)
    return Command("engine", (*run, "--with-parent"))


def import_dashboard(module: str = "gui.app") -> ModuleType:
    """Import a module of the dashboard, after a check that there is a screen.

    Without a screen, Qt would end the process without an error message of this program.
    """
    if not has_screen():
        raise BciError(
            "there is no screen here: start it in a desktop session, or set DISPLAY "
            "(QT_QPA_PLATFORM=offscreen draws to nowhere); bci run decodes without a window"
        )
    if display := dead_display():
        raise BciError(
            f"the screen {display} does not answer (DISPLAY); connect again with ssh -X, or start "
            "it in a desktop session; bci run decodes without a window"
        )
    try:
        return import_module(module)
    except ImportError as error:
        raise BciError(
            f"the dashboard cannot start ({error}); install it with: pip install 'bci[gui]'"
        ) from error


def _show(
    app: ModuleType,
    profile_name: str,
    stream: str | None,
    engine_name: str | None,
    model: Path | None,
    commands: "tuple[Command, ...]",
    autostart: bool,
    screenshot: Path | None = None,
    screenshot_after: float = 0.0,
    spell: str = "",
) -> int:
    from bci.lsl.discovery import StreamQuery

    profile = load_profile(profile_name)
    signal = StreamQuery(name=stream) if stream else StreamQuery(**profile.stream.model_dump())
    markers = None
    if stream and autostart:
        markers = StreamQuery(name=f"{stream}-markers")
    elif profile.markers is not None:
        markers = StreamQuery(**profile.markers.model_dump())
    notches = [f.freq_hz for f in profile.pipeline.filters if isinstance(f, Notch)]
    filtered = (hz for hz in notches if _LINE_HZ[0] <= hz <= _LINE_HZ[1])
    line_hz = profile.line_hz or next(filtered, None)
    card = load_card(model) if model is not None else None
    images = _shown_images(profile, model) if profile.task == "images" else None
    words = _shown_words(profile, card) if profile.task == "speech" else None
    options = app.DashboardOptions(
        signal=signal,
        markers=markers,
        engine_name=engine_name or profile.output.name,
        cue_of=lambda marker: getattr(profile.paradigm.cue_of(marker), "label", None),
        commands=commands,
        autostart=autostart,
        follow_last=stream is None and profile.stream.name is None,
        line_hz=line_hz,
        stream_options=profile.pipeline,
        task=profile.task,
        profile=profile_name,
        threshold=decision_threshold(profile.output, card),
        images=images,
        words=words,
        spell=spell,
        screenshot=screenshot,
        screenshot_after_s=screenshot_after,
    )
    status: int = app.run_dashboard(options)
    return status

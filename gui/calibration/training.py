"""A training as a child process: what is trained, and what it tells while it runs."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bci.errors import MismatchError
from bci.messages import AnyEvent, ModelEvent, PointEvent, ProgressEvent, RunEvent, StepEvent
from bci.models.bundle import Card, list_bundles
from bci.plugins.decoder_offers import carrying_over, decoder_traits, offered_for
from bci.plugins.installing import how_to_install, how_to_install_torch
from bci.profiles.profile import Profile
from bci.training.calibrate import check_base_fits
from bci.training.run_counts import RunCount
from bci.types import StreamInfo
from gui.processes.child import Child, Command

_NAME = "training"
_FAST, _DEEP = "tangent-space", "dbconformer"


@dataclass(frozen=True, slots=True)
class Level:
    """A choice of decoder: its name for people, a sentence, and what it needs.

    ``base`` is the model to go on from, ``gallery`` where images are looked up; ``lacks`` says why
    it cannot be chosen, empty if it can.
    """

    name: str
    sentence: str
    decoder: str
    base: Path | None = None
    lacks: str = ""
    curve: bool = True
    gallery: Path | None = None


def levels(models: Path, profile: Profile, info: StreamInfo | None) -> tuple[Level, ...]:
    """From fast to deep, with what this computer and the folder of models allow.

    Each base of another network than the deep one is a level of its own: it is learnt on with a
    decoder of that name.

    ``info`` is the stream that the runs are recordings of; where it is None, no base fits yet.
    """
    cards = [
        (folder, card)
        for folder, card in (list_bundles(models) if models.is_dir() else ())
        if isinstance(card, Card)
    ]
    base = _newest_base(cards, _FAST, profile, info)
    deep_base = _newest_base(cards, _DEEP, profile, info)
    others = [name for name in carrying_over() if name not in (_FAST, _DEEP)]
    found = (
        (name, _newest_base(cards, name, profile, info))
        for name in others
        if decoder_traits(name).task is None
    )
    return (
        Level(
            "Fast",
            "Learns from these runs alone, in seconds: the best start (Riemannian tangent space).",
            _FAST,
        ),
        Level(
            "From other people",
            "The same, but begins with what other people's signals have in common."
            + _goes_on(base),
            _FAST,
            base,
            "" if base is not None else "Needs a base model that fits these runs: bci pretrain.",
        ),
        Level(
            "Deep",
            "A network over time and channels, for many runs. Takes minutes (DBConformer)."
            + _goes_on(deep_base),
            _DEEP,
            deep_base,
            lacks=_lacks_torch(),
            curve=False,
        ),
        *(
            Level(
                f"From other people, {name:.30}",
                f"The network {name:.30}, which learns on. Takes minutes or more."
                + _goes_on(start),
                name,
                start,
                lacks=_lacks(name),
                curve=False,
            )
            for name, start in found
            if start is not None
        ),
        *_of_plugins(None),
    )


def levels_of_feelings() -> tuple[Level, ...]:
    """Those that learn levels of valence and arousal; they have no classes to draw a curve of."""
    return (
        Level(
            "Fast",
            "From the power in five bands, in seconds (ridge regression of each level).",
            "differential-entropy",
            curve=False,
        ),
        Level(
            "Deep",
            "A small network over time, channels and regions. Takes minutes (HiSTN).",
            "histn",
            lacks=_lacks_torch(),
            curve=False,
        ),
        *_of_plugins("emotion"),
    )


def levels_of_words() -> tuple[Level, ...]:
    """Those that tell words, from depth electrodes."""
    return (
        Level(
            "Fast",
            "From high-gamma power in five parts of each word, in seconds (linear discriminant "
            "analysis).",
            "high-gamma-lda",
        ),
        Level(
            "Deep",
            "A network over time and contacts, for some hundred words. Takes minutes (Du-IN).",
            "duin",
            lacks=_lacks_torch(),
            curve=False,
        ),
        *_of_plugins("speech"),
    )


def levels_of_images(pictures: Path) -> tuple[Level, ...]:
    """Those that find what was seen in the gallery that has to lie beside the pictures.

    It may be made after the run: that it is missing is told by the training.
    """
    gallery = pictures / "gallery.safetensors"
    made = f" Looks images up in {gallery} (bci embed-images)."
    return (
        Level(
            "Fast",
            "From every sample of every sensor, in seconds (ridge regression)." + made,
            "image-ridge",
            curve=False,
            gallery=gallery,
        ),
        Level(
            "Deep",
            "A network over sensors and time, for a thousand trials or more. Takes an hour or more "
            "(MEG encoder)." + made,
            "meg-images",
            lacks=_lacks_torch(),
            curve=False,
            gallery=gallery,
        ),
    )


def _of_plugins(task: str | None) -> tuple[Level, ...]:
    """A level for each decoder of another package that is for this task."""
    return tuple(
        Level(
            f"{name:.30}",
            f"{decoder_traits(name).summary:.200}",
            name,
            lacks=_lacks(name),
            curve=task != "emotion",
        )
        for name in offered_for(task)
    )


def _lacks(decoder: str) -> str:
    missing = [each for each in decoder_traits(decoder).needs if not find_spec(each)]
    return f"Needs {missing[0]}: {how_to_install(missing[0])}." if missing else ""


def _lacks_torch() -> str:
    return "" if find_spec("torch") else f"Needs PyTorch: {how_to_install_torch()}."


def _goes_on(base: Path | None) -> str:
    return f" Goes on from {base.name}." if base is not None else ""


def _newest_base(
    cards: list[tuple[Path, Card]], decoder: str, profile: Profile, info: StreamInfo | None
) -> Path | None:
    if info is None:
        return None
    wanted = profile.with_decoder(decoder)
    found = [
        (card.created, folder)
        for folder, card in cards
        if card.people is not None and card.people.whole_folds and _fits(card, wanted, info)
    ]
    return max(found)[1] if found else None


def _fits(base: Card, profile: Profile, info: StreamInfo) -> bool:
    try:
        check_base_fits(base, profile, info)
    except MismatchError:
        return False
    return True


class Training(QObject):
    """Runs ``bci calibrate --json`` and passes on what it tells."""

    progressed = Signal(str, int, int)  # what is done, steps done, of how many
    pointed = Signal(object)  # PointEvent
    stepped = Signal(object)  # StepEvent
    counted = Signal(object, str)  # Path of a run, and how many trials it has
    finished = Signal(object)  # Path of the model
    failed = Signal(str)  # one sentence
    said = Signal(str)

    def __init__(
        self,
        bci: tuple[str, ...],
        profile: str,
        files: list[Path],
        level: Level,
        model: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        more = [f"--base={level.base}"] if level.base is not None else []
        more += ["--curve"] if level.curve else []
        more += [f"--gallery={level.gallery}"] if level.gallery is not None else []
        named = (f"--out={model}", f"--decoder={level.decoder}", "--json", *more)
        argv = (*bci, "calibrate", profile, *map(str, files), *named)
        self._model: Path | None = None
        self._cancelled = False
        self.child = Child(Command(_NAME, argv), self)
        self.child.said.connect(self.said)
        self.child.reported.connect(self._on_event)
        self.child.died.connect(self._on_end)
        self.child.running.connect(self._on_running)

    def start(self) -> None:
        self.child.start()

    def cancel(self) -> None:
        """End it."""
        self._cancelled = True
        self.child.stop()

    def _on_event(self, event: AnyEvent) -> None:
        match event:
            case ProgressEvent():
                self.progressed.emit(event.doing, event.done, event.of)
            case PointEvent():
                self.pointed.emit(event)
            case StepEvent():
                self.stepped.emit(event)
            case RunEvent():
                counts = _counts(event)
                self.counted.emit(Path(event.file), counts)
                self.said.emit(f"{_NAME}: {event.file}: {counts}")
            case ModelEvent():
                self._model = Path(event.folder)

    def _on_running(self, running: bool) -> None:
        if not running and self._cancelled:
            self.failed.emit("Cancelled.")

    def _on_end(self, why: str) -> None:
        if self._model is not None:
            self.finished.emit(self._model)
        else:
            self.failed.emit(self.child.last_words or why)


def _counts(run: RunEvent) -> str:
    """``4 trials (left 2, right 2) of 5 cues; 1 broken off``."""
    counted = RunCount(run.file, run.cues, run.broken_off, run.trials, run.rest, run.stream)
    return counted.counts

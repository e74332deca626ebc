"""The second page: quality of each channel before a run begins."""

from PySide6.QtWidgets import QLabel, QWidget

from bci.quality.channel_quality import ChannelQuality, State
from bci.quality.words import advise, explain, worst_first
from bci.signals import StreamInfo
from gui.actions import key_of
from gui.calibration.keyed_buttons import keyed
from gui.electrodes.quality_view import QualityView
from gui.widgets.labels import Sentence
from gui.widgets.layouts import column_of, inset, named, panel, row_of
from gui.widgets.themed import Themed
from gui.widgets.units import counted

_MAX_NAMED, _MAX_ADVICE = 12, 6


class SignalsPage(Themed, QWidget):
    """The page that names bad channels; the user may start a run all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.head = QualityView(grows=True)
        self.stream = named(Sentence(), "largeheading")
        self.verdict = named(Sentence(), "large")
        self.helps = named(QLabel("What helps"), "largeheading")
        self.advice = named(Sentence(max_letters=1000), "large")
        self.back = keyed("Back", "Change subject, paradigm or numbers", "calibrate-back")
        self.start = keyed("Start", "Record, and show the cues", "calibrate-next", name="go")
        self._info: StreamInfo | None = None
        self._silence = ""
        text = column_of(self.stream, self.verdict, self.helps, self.advice, None, spacing=10)
        middle = row_of((panel(self.head), 3), (inset(text), 2))
        self.setLayout(column_of((middle, 1), row_of(self.back, None, self.start)))
        self._show([])

    def set_stream(self, info: StreamInfo) -> None:
        """Set the stream that the dashboard shows, which will be recorded."""
        self._info, self._silence = info, ""
        self.head.set_stream(info)
        self._show([])

    def set_live(self, alive: bool) -> None:
        self.head.set_live(alive)
        if not alive:
            self._info = None
        self._show([])

    def set_silent(self, why: str) -> None:
        """Show ``why`` the quality of a connected stream is unknown; empty hides it."""
        self._silence = why
        self.head.set_silent(why)
        self._show(self.head.channels)

    def set_quality(self, channels: list[ChannelQuality]) -> None:
        self.head.set_quality(channels)
        self._show(channels)

    def _show(self, channels: list[ChannelQuality]) -> None:
        advice = _advice(worst_first(channels)) if self._info else ""
        self.advice.setText(advice)
        self.helps.setVisible(bool(advice))
        info = self._info
        self.start.setEnabled(info is not None and not info.replayed)
        if info is None:
            self.stream.setText("No signal")
            self.verdict.setText(
                f"Connect a stream in the dashboard first (Connect, {key_of('panel-connect')})."
            )
            return
        kind = " - SIMULATED SIGNAL" if info.simulated else ""
        kind += " - REPLAY" if info.replayed else ""
        n_channels = counted(info.n_channels, "channel")
        self.stream.setText(f"{info.name}: {n_channels}, {info.sfreq:g} Hz{kind}")
        if info.replayed:
            self.verdict.setText("A replayed recording cannot follow cues: no run can be recorded.")
        elif channels:
            self.verdict.setText(_verdict(channels))
        else:
            silence = f"{self._silence}. Is its program still running?" if self._silence else ""
            self.verdict.setText(silence[:1].upper() + silence[1:] or "Measuring ...")


def _verdict(channels: list[ChannelQuality]) -> str:
    worst = worst_first(channels)
    bad = [channel.name for channel in worst if channel.state is State.BAD]
    if bad:
        return (
            f"Bad: {', '.join(bad[:_MAX_NAMED])}. Fix these electrodes before you start: a model "
            "that was trained on bad channels decodes badly. You can continue nevertheless."
        )
    if worst:
        return "No channel is bad; look at the doubtful ones."
    unjudged = next((channel for channel in channels if channel.state is State.NOT_JUDGED), None)
    if unjudged is not None:
        return f"No channel is known to be bad. {explain(unjudged)}."
    return "All channels are good."


def _advice(worst: list[ChannelQuality]) -> str:
    """Write one line for all channels with the same advice: ``F4, P3: press it on``."""
    helped: dict[str, list[str]] = {}
    for channel in worst:
        if what := advise(channel):
            helped.setdefault(what, []).append(channel.name)
    lines = []
    for what, names in list(helped.items())[:_MAX_ADVICE]:
        rest = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
        lines.append(f"{', '.join(names[:_MAX_NAMED])}{rest}: {what}")
    return "\n\n".join(lines)

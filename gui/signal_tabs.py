"""The shown signal on tabs, and the analysis behind the two that need one."""

from PySide6.QtWidgets import QWidget

from bci.pipeline.display_filter import filter_named
from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import ChannelQuality
from bci.quality.spectra import BANDS, HIGH_HZ, LIMITS_HZ
from bci.signals import StreamInfo
from gui.electrodes.impedance_page import ImpedancePage
from gui.scope.gains import GainKind
from gui.scope.scope_panel import ScopePanel
from gui.scope.view import TIME_BASES_S
from gui.settings import DashboardSettings, StreamSettings
from gui.spectrum.analysis import Analysis, Source, Wanted
from gui.spectrum.map_page import MapPage
from gui.spectrum.spectrum_page import SpectrumPage
from gui.theme import Theme
from gui.widgets.tabs import Tabs
from gui.workers.stream_readers import SignalFound

SIGNAL, SPECTRUM, MAP, IMPEDANCE = "Signal", "Spectrum", "Map", "Impedance"
_LEAST_HZ = 30.0


class SignalTabs(Tabs):
    """Signal, Spectrum and Map; what is on a tab that is not shown is not computed.

    Impedance is there where the board measures it. ``remembered`` keeps what the user chose.
    """

    def __init__(self, remembered: DashboardSettings, parent: QWidget | None = None) -> None:
        self.scope_panel, self.spectrum, self.map = ScopePanel(), SpectrumPage(), MapPage()
        self.impedance = ImpedancePage()
        pages = {SIGNAL: self.scope_panel, SPECTRUM: self.spectrum, MAP: self.map}
        super().__init__(pages | {IMPEDANCE: self.impedance}, parent)
        self.offer(IMPEDANCE, False)
        self.scope = self.scope_panel.scope
        self.put_beside(SIGNAL, self.scope_panel.above)
        self.scope_panel.setFocusProxy(self.scope)
        self.analysis = Analysis(self)
        self._remembered = remembered
        self._kept = StreamSettings()
        self._info: StreamInfo | None = None
        self._ring: RingBuffer | None = None
        time_s, kept = remembered.time_base_s, remembered.map_band
        self.scope.choose(
            sweep=remembered.sweep,
            filter=filter_named(remembered.filter),
            time_base_s=time_s if time_s in TIME_BASES_S else self.scope.view.time_base_s,
        )
        self.map.choose(next((band for band in BANDS if band.name == kept), self.map.band))
        limit_hz = remembered.spectrum_limit_hz or HIGH_HZ
        self.spectrum.show_limit(limit_hz if limit_hz in LIMITS_HZ else HIGH_HZ)
        self.analysis.spectrum_came.connect(self.spectrum.show_spectrum)
        self.analysis.map_came.connect(self.map.show_map)
        self.map.picked.connect(self.spectrum.choose)
        self.show_page(remembered.page)
        self.scope.gain_chosen.connect(self._keep_gain)
        self.changed.connect(self._keep_page)
        for chosen in (self.scope.view_changed, self.spectrum.chosen, self.map.band_chosen):
            chosen.connect(self._keep)

    def set_signal(self, found: SignalFound) -> None:
        info = found.info
        # What the views choose for it by themselves is not kept for the stream before.
        self._kept = StreamSettings()
        self._info, self._ring = info, found.ring
        self.scope.set_stream(info, found.ring)
        kept = self._remembered.stream(info.name)
        for kind in self.scope.gains.kinds:
            gain = kept.gains.get(_gain_key(kind))
            if gain is not None:
                self.scope.set_gain(gain, kind)
        self.scope.choose(hidden=frozenset(kept.hidden), bad=frozenset(kept.bad))
        channel = info.ch_names.index(kept.channel) if kept.channel in info.ch_names else 0
        self.spectrum.set_channels(info.ch_names, channel)
        self._kept = kept
        self.map.set_stream(info)
        self.impedance.set_stream(info)
        fast = info.sfreq >= _LEAST_HZ
        self.spectrum.show_hint("measuring ..." if fast else _too_slow(info))
        if not fast:
            self.map.show_hint(_too_slow(info))
        self.analysis.show_signal(Source(info, found.ring) if fast else None)
        self._request_analysis()

    def set_quality(self, channels: list[ChannelQuality]) -> None:
        """Take the quality of each channel; empty while nothing is known."""
        self.scope.set_quality(channels)
        self.offer(IMPEDANCE, self.impedance.set_quality(channels))

    def set_trouble(self, why: str) -> None:
        """Show in every view why it stands still; empty while it does not."""
        self.scope.set_trouble(why)
        self.spectrum.over.set_trouble(why)
        self.map.over.set_trouble(why)

    @property
    def samples_end(self) -> int:
        """One past the number of the newest sample; 0 before the first."""
        return 0 if self._ring is None else self._ring.end

    def set_theme(self, theme: Theme) -> None:
        self.scope.set_theme(theme)
        self.spectrum.set_theme(theme)
        self.map.theme = self.impedance.theme = theme

    def advance(self) -> None:
        """Draw what is new, once a frame; the other tabs draw when their analysis comes."""
        if self.page == SIGNAL:
            self.scope.advance()

    def _keep(self) -> None:
        """Remember what the user chose, and have it analysed."""
        remembered, kept, view = self._remembered, self._kept, self.scope.view
        remembered.sweep, remembered.filter = view.sweep, view.filter.name
        remembered.time_base_s = view.time_base_s
        remembered.spectrum_limit_hz = self.spectrum.limit_hz
        remembered.map_band = self.map.band.name
        kept.hidden, kept.bad = sorted(view.hidden), sorted(view.bad)
        kept.channel = self.spectrum.channels.currentText()
        self._request_analysis()

    def _keep_gain(self, kind: GainKind, gain: float) -> None:
        self._kept.gains[_gain_key(kind)] = gain

    def _keep_page(self, page: str) -> None:
        self._remembered.page = page
        self._request_analysis()

    def _request_analysis(self) -> None:
        bad = self.scope.view.bad
        self.map.set_left_out(bad)
        channel = max(0, self.spectrum.channels.currentIndex())
        if self._info is None or self.page not in (SPECTRUM, MAP):
            self.analysis.want(None)
        elif self.page == MAP:
            self.analysis.want(Wanted(channel, self.map.band, bad))
        else:
            self.analysis.want(Wanted(channel, None, bad, self.spectrum.limit_hz))


def _gain_key(kind: GainKind) -> str:
    return f"{kind.name}/{kind.unit}"


def _too_slow(info: StreamInfo) -> str:
    if info.sfreq <= 0:
        return "no spectrum: the stream is irregular"
    return f"no spectrum: {info.sfreq:g} Hz is too slow for it"

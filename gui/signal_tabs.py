"""Tabs of the shown signal, and the analysis behind spectrum and map."""

from dataclasses import replace
from math import isfinite

from PySide6.QtCore import Signal

from bci.channels.description import stream_type
from bci.pipeline.display.cleaning import Cleaning, cleanings_named
from bci.pipeline.display.filter import filter_named
from bci.pipeline.display.reference import reference_named
from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import ChannelQuality
from bci.quality.spectra import BANDS, HIGH_HZ, LIMITS_HZ
from bci.signals import StreamInfo
from gui.electrodes.impedance_page import ImpedancePage
from gui.scope.gains import GainKind
from gui.scope.scope_panel import ScopePanel
from gui.scope.view import TIME_BASES_S
from gui.settings import DashboardSettings, StreamSettings
from gui.spectrum.analysis import UNFILTERED, Analysis, Source, Wanted
from gui.spectrum.map_page import MapPage
from gui.spectrum.spectrum_page import SpectrumPage
from gui.widgets.late_page import LatePage
from gui.widgets.tabs import Tabs
from gui.workers.stream_readers import SignalFound

SIGNAL, SPECTRUM, MAP, IMPEDANCE = "Signal", "Spectrum", "Map", "Impedance"
_LEAST_HZ = 30.0


class SignalTabs(Tabs):
    """The tabs Signal, Spectrum, Map and Impedance.

    Only the tab that is shown is computed. A page is made when it is first shown. The tab
    Impedance is offered if the board measures impedances. ``remembered`` stores the user's
    choices.
    """

    spectrum_made = Signal(object)  # SpectrumPage

    def __init__(self, remembered: DashboardSettings) -> None:
        self.scope_panel = ScopePanel()
        self._spectrum, self._map = LatePage(SpectrumPage), LatePage(MapPage)
        self._impedance = LatePage(ImpedancePage)
        pages = {SIGNAL: self.scope_panel, SPECTRUM: self._spectrum, MAP: self._map}
        super().__init__(pages | {IMPEDANCE: self._impedance})
        self.offer(IMPEDANCE, False)
        self.scope = self.scope_panel.scope
        self.put_beside(SIGNAL, self.scope_panel.above)
        self.scope_panel.setFocusProxy(self.scope)
        self.analysis = Analysis(self)
        self._remembered = remembered
        self._kept = StreamSettings()
        self._ring: RingBuffer | None = None
        self._source: Source | None = None
        self._trouble = ""
        time_s = remembered.time_base_s
        self.scope.choose(
            sweep=remembered.sweep,
            filter=filter_named(remembered.filter),
            time_base_s=time_s if time_s in TIME_BASES_S else self.scope.view.time_base_s,
        )
        self._spectrum.made.connect(self._on_spectrum)
        self._map.made.connect(self._on_map)
        self._impedance.made.connect(self._on_impedance)
        self.show_page(remembered.page)
        self.scope.gain_chosen.connect(self._keep_gain)
        self.scope.channels_changed.connect(self._take_up_gains)
        self.changed.connect(self._keep_page)
        self.scope.view_changed.connect(self._keep)

    @property
    def spectrum(self) -> SpectrumPage:
        return self._spectrum.page

    @property
    def map(self) -> MapPage:
        return self._map.page

    @property
    def impedance(self) -> ImpedancePage:
        return self._impedance.page

    def _on_spectrum(self, page: SpectrumPage) -> None:
        limit_hz = self._remembered.spectrum_limit_hz or HIGH_HZ
        page.show_limit(limit_hz if limit_hz in LIMITS_HZ else HIGH_HZ)
        page.over.set_trouble(self._trouble)
        self._show_in_spectrum(page)
        self.analysis.spectrum_came.connect(page.show_spectrum)
        page.chosen.connect(self._keep)
        self.spectrum_made.emit(page)

    def _on_map(self, page: MapPage) -> None:
        kept = self._remembered.map_band
        page.choose(next((band for band in BANDS if band.name == kept), page.band))
        page.over.set_trouble(self._trouble)
        self._show_in_map(page)
        self.analysis.map_came.connect(page.show_map)
        page.picked.connect(lambda channel: self.spectrum.choose(channel))
        page.band_chosen.connect(self._keep)

    def _on_impedance(self, page: ImpedancePage) -> None:
        if self.scope.signal is not None:
            page.set_stream(self.scope.signal.stream)

    def _show_in_spectrum(self, page: SpectrumPage) -> None:
        info = self._shown_info
        if info is None:
            return
        kept = self._kept.channel
        page.set_channels(info.ch_names, info.ch_names.index(kept) if kept in info.ch_names else 0)
        page.show_hint("measuring ..." if _is_fast(info) else _too_slow(info))
        page.over.set_shown(self._how)

    def _show_in_map(self, page: MapPage) -> None:
        info = self._shown_info
        if info is None:
            return
        page.set_left_out(self.scope.marked)
        page.set_stream(info)
        page.over.set_shown(self._how)
        if not _is_fast(info):
            page.show_hint(_too_slow(info))

    def set_signal(self, found: SignalFound) -> None:
        info = found.info
        # From here on, what the views set by themselves must not be stored for the last stream.
        self._kept = StreamSettings()
        self._ring = self._source = None
        self.scope.set_stream(info, found.ring)
        kept = self._remembered.stream(info.name)
        kind = stream_type(info.channels)
        reference = self._remembered.references.get(kind, "")
        self.scope.choose(
            reference=reference_named(reference),
            cleanings=cleanings_named(self._remembered.cleanings.get(kind, [])),
            hidden=frozenset(kept.hidden),
            bad=frozenset(kept.bad),
        )
        self._kept, self._ring = kept, found.ring
        self._take_up_gains()
        self._follow_shown()
        if self._impedance.existing is not None:
            self.impedance.set_stream(info)
        self._request_analysis()

    @property
    def _shown_info(self) -> StreamInfo | None:
        """The channels as shown with the chosen reference; None without a stream."""
        return None if self.scope.signal is None else self.scope.signal.info

    @property
    def _how(self) -> str:
        """The reference and cleaning of the shown signal; empty if it has neither."""
        return "" if self.scope.signal is None else self.scope.signal.how

    def _take_up_gains(self) -> None:
        for kind in self.scope.gains.kinds:
            gain = self._kept.gains.get(_gain_key(kind))
            if gain is not None:
                self.scope.set_gain(gain, kind)

    def _follow_shown(self) -> None:
        """Analyse the shown stream, reference and cleaning for the spectrum and the map."""
        signal = self.scope.signal
        if signal is None or self._ring is None:
            return
        info = signal.stream
        # Without a cleaning, spectrum and map have no filter. A cleaning needs the filter: ASR
        # must have the one that its baseline was computed with.
        chosen = signal.chosen
        shown = chosen if chosen.cleanings else replace(chosen, filter=UNFILTERED)
        source = Source(info, self._ring, shown)
        if source == self._source:
            return
        self._source = source
        self.analysis.show_signal(source if _is_fast(info) else None)
        if self._spectrum.existing is not None:
            self._show_in_spectrum(self.spectrum)
        if self._map.existing is not None:
            self._show_in_map(self.map)

    def set_quality(self, channels: list[ChannelQuality]) -> None:
        """Set the quality of each channel; ``channels`` is empty while it is unknown."""
        self.scope.set_quality(channels)
        measured = any(isfinite(channel.impedance_kohm) for channel in channels)
        if measured or self._impedance.existing is not None:
            self.impedance.set_quality(channels)
        self.offer(IMPEDANCE, measured)

    def set_trouble(self, why: str) -> None:
        """Show in every view the reason ``why`` it stands still; empty text hides it."""
        self._trouble = why
        self.scope.set_trouble(why)
        for page in (self._spectrum.existing, self._map.existing):
            if page is not None:
                page.over.set_trouble(why)

    @property
    def samples_end(self) -> int:
        """One more than the newest sample's number, counted from 0; 0 before the first."""
        return 0 if self._ring is None else self._ring.end

    def advance(self) -> None:
        """Draw new samples of the Signal tab, once per frame of the dashboard.

        The other tabs draw when a new analysis is ready.
        """
        if self.page == SIGNAL:
            self.scope.advance()

    def _keep(self) -> None:
        """Store the user's choices, and request the analysis that they need."""
        remembered, kept, view = self._remembered, self._kept, self.scope.view
        remembered.sweep, remembered.filter = view.sweep, view.filter.name
        remembered.time_base_s = view.time_base_s
        kept.hidden, kept.bad = sorted(view.hidden), sorted(view.bad)
        signal = self.scope.signal
        if signal is not None and self._source is not None:
            kind = stream_type(signal.stream.channels)
            remembered.references[kind] = view.reference.value
            remembered.cleanings[kind] = [each.value for each in Cleaning if each in view.cleanings]
            self._follow_shown()
        if self._spectrum.existing is not None:
            remembered.spectrum_limit_hz = self.spectrum.limit_hz
            kept.channel = self.spectrum.channels.currentText()
        if self._map.existing is not None:
            remembered.map_band = self.map.band.name
        self._request_analysis()

    def _keep_gain(self, kind: GainKind, gain: float) -> None:
        self._kept.gains[_gain_key(kind)] = gain

    def _keep_page(self, page: str) -> None:
        self._remembered.page = page
        self._request_analysis()

    def _request_analysis(self) -> None:
        bad = self.scope.marked
        if self._map.existing is not None:
            self.map.set_left_out(bad)
        if self._source is None or self.page not in (SPECTRUM, MAP):
            self.analysis.want(None)
            return
        spectrum = self._spectrum.existing
        channel = 0 if spectrum is None else max(0, spectrum.channels.currentIndex())
        if self.page == MAP:
            self.analysis.want(Wanted(channel, self.map.band, bad))
        else:
            self.analysis.want(Wanted(channel, None, bad, self.spectrum.limit_hz))


def _gain_key(kind: GainKind) -> str:
    return f"{kind.name}/{kind.unit}"


def _is_fast(info: StreamInfo) -> bool:
    return info.sfreq >= _LEAST_HZ


def _too_slow(info: StreamInfo) -> str:
    if info.sfreq <= 0:
        return "no spectrum: the stream is irregular"
    return f"no spectrum: {info.sfreq:g} Hz is too slow for it"

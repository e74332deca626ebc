"""Connection of the panel of bridges to their processes."""

from functools import partial

from PySide6.QtCore import QDeadlineTimer, QObject, Signal

from bci.messages import PluginEntry, PluginsEvent
from gui.bridges.bridge_process import KEYS, BridgeProcess
from gui.bridges.panel import BridgesPanel
from gui.bridges.stop_window import StopWindow
from gui.processes.child import Child, Command
from gui.settings import DashboardSettings
from gui.theme import Theme

_LISTING_ENDS_MS = 200


class BridgesController(QObject):
    """Lists the bridges when the panel is first shown; starts, stops and watches them.

    ``bci`` is the command that runs this project's command line. ``engine`` is the name of the
    engine whose decisions a bridge passes on, unless another name was filled in.
    """

    logged = Signal(str)
    problem = Signal(str, str)  # one sentence, and the bridge that it is about
    well = Signal(str)

    def __init__(
        self, panel: BridgesPanel, bci: tuple[str, ...], remembered: DashboardSettings, engine: str
    ) -> None:
        super().__init__(panel)
        self._panel, self._bci = panel, bci
        self._remembered, self._engine = remembered, engine
        self.bridges: dict[str, BridgeProcess] = {}
        self._is_listed = False
        self._stop_window: StopWindow | None = None
        self._theme: Theme | None = None
        self.listing = Child(Command("listing of bridges", (*bci, "bridge", "--json")), self)
        self.listing.reported.connect(self._on_listed)
        self.listing.died.connect(self._on_listing_ended)
        panel.shown.connect(self._list)

    @property
    def processes(self) -> list[Child]:
        return [bridge.child for bridge in self.bridges.values()]

    @property
    def presses_keys(self) -> bool:
        return KEYS in self.bridges and self.bridges[KEYS].is_running

    def stop_keys(self) -> None:
        """Stop the bridge that presses keys, which releases them, if it runs."""
        if KEYS in self.bridges:
            self.bridges[KEYS].stop()

    def set_theme(self, theme: Theme) -> None:
        """Apply the dashboard's theme to the stop window."""
        self._theme = theme
        if self._stop_window is not None:
            self._stop_window.theme = theme

    def retire(self) -> None:
        """Begin to stop; returns at once. The dashboard ends the bridges' processes."""
        self.listing.give_up()
        if self._stop_window is not None:
            self._stop_window.close()

    def stop(self, _timeout_s: float) -> None:
        self.listing.wait(QDeadlineTimer(_LISTING_ENDS_MS))

    def _list(self) -> None:
        if not self._is_listed and not self.listing.is_running:
            self._panel.show_hint("Looking for bridges ...")
            self.listing.start()

    def _on_listed(self, event: object) -> None:
        if not isinstance(event, PluginsEvent) or self._is_listed:
            return
        self._is_listed = True
        filled = {each.name: self._filled(each) for each in event.plugins}
        self._panel.set_bridges(event.plugins, filled)
        for entry in event.plugins:
            self._add(entry)

    def _on_listing_ended(self, why: str) -> None:
        if not self._is_listed:
            self._panel.show_hint(f"{why}. Close and open the panel to try again.")

    def _filled(self, entry: PluginEntry) -> dict[str, str]:
        takes_engine = any(each.name == "engine" for each in entry.parameters)
        own = {"engine": self._engine} if takes_engine else {}
        return own | self._remembered.bridges.get(entry.name, {})

    def _add(self, entry: PluginEntry) -> None:
        bridge = self.bridges[entry.name] = BridgeProcess(entry, self._bci, self)
        row = self._panel.rows[entry.name]
        row.start_wanted.connect(partial(self._start, bridge))
        row.stop_wanted.connect(bridge.stop)
        bridge.changed.connect(partial(self._show, bridge))
        bridge.logged.connect(self.logged)
        bridge.problem.connect(self.problem)
        bridge.well.connect(self.well)

    def _start(self, bridge: BridgeProcess, values: dict[str, str]) -> None:
        # The name of this dashboard's engine is not stored: the next dashboard may have another.
        kept = {k: v for k, v in values.items() if (k, v) != ("engine", self._engine)}
        self._remembered.bridges[bridge.name] = kept
        bridge.start(values)

    def _show(self, bridge: BridgeProcess) -> None:
        row = self._panel.rows[bridge.name]
        row.show_state(bridge.state, bridge.is_running, bridge.failure)
        if bridge.name == KEYS:
            self._show_stop(bridge.is_running)

    def _show_stop(self, shown: bool) -> None:
        if self._stop_window is None:
            if not shown:
                return
            self._stop_window = StopWindow()
            self._stop_window.stop_wanted.connect(self.stop_keys)
            if self._theme is not None:
                self._stop_window.theme = self._theme
        self._stop_window.setVisible(shown)

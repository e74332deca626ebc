"""The functions of the dashboard's commands, and reasons why one cannot run now."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction

from gui.actions import DASHBOARD, WindowActions, press
from gui.processes.engine_command import ENGINE
from gui.signal_tabs import IMPEDANCE, MAP, SIGNAL, SPECTRUM
from gui.widgets.key_help import show_keys

if TYPE_CHECKING:
    from gui.main_window import MainWindow

_CONNECTED = "A source is connected already: disconnect it first."
_NOTHING_SAVED = "Nothing has been recorded yet."


def dashboard_actions(window: "MainWindow") -> WindowActions:
    """Make the actions of the table `DASHBOARD` for the dashboard's window."""
    panel, bar, show_page = window.connect_panel, window.record_bar, window.tabs.show_page
    programs, change = window.programs, window.notice.change
    callbacks: dict[str, Callable[[], object] | QAction] = {
        "stream-file": panel.replay.click,
        "recordings": lambda: window.replay.bring(),
        "quit": window.close,
        "reset-layout": window.docks.reset,
        "theme": window.toggle_theme,
        "ball": window.decision.toggle_ball,
        "dismiss": window.banner.hide,
        "connect-device": panel.toggle,
        "simulator": panel.try_simulator,
        "calibrate": window.calibrating.open,
        "timing": window.links.open_timing,
        "neurofeedback": window.links.feedback.open,
        "spell": window.links.spelling.open,
        "engine": lambda: programs.toggle(ENGINE),
        "decode-shown": partial(press, change),
        "replay": lambda: programs.toggle("replay"),
        "stop-keys": window.links.bridging.stop_keys,
        "acknowledge": window.signal.acknowledge_losses,
        "record": bar.toggle,
        "note": bar.write_note,
        "open-saved": partial(press, bar.saved.open),
        "saved-folder": partial(press, bar.saved.folder),
        "palette": window.show_palette,
        "keys": lambda: show_keys(window),
    }
    toggles = {
        f"panel-{dock.objectName()}": dock.toggleViewAction() for dock in window.docks.panels
    }
    pages = {
        f"page-{page.lower()}": partial(show_page, page)
        for page in (SIGNAL, SPECTRUM, MAP, IMPEDANCE)
    }
    reasons = {
        "stream-file": _unless(panel.replay.isEnabled, _CONNECTED),
        "simulator": _unless(panel.simulator.isEnabled, _CONNECTED),
        "dismiss": _unless(window.banner.isVisible, "There is no banner."),
        "connect-device": _unless(
            panel.connect_button.isEnabled, "Choose and fill in a device first."
        ),
        "page-impedance": _unless(
            partial(window.tabs.offers, IMPEDANCE), "This board measures no impedances."
        ),
        "decode-shown": _unless(change.isVisible, "The decoded and the shown stream are the same."),
        "replay": _unless(
            lambda: "replay" in programs.buttons,
            "The dashboard was opened without a recording to replay.",
        ),
        "record": lambda: "" if bar.button.isEnabled() else bar.button.toolTip(),
        "stop-keys": _unless(lambda: window.links.bridging.presses_keys, "No keys are pressed."),
        "note": _unless(bar.note.isEnabled, "Nothing that takes notes is recorded."),
        "open-saved": _unless(lambda: bool(bar.saved.files), _NOTHING_SAVED),
        "saved-folder": _unless(lambda: bool(bar.saved.files), _NOTHING_SAVED),
    }
    return WindowActions(window, DASHBOARD, callbacks | toggles | pages, reasons)


def _unless(can_run: Callable[[], bool], reason: str) -> Callable[[], str]:
    return lambda: "" if can_run() else reason

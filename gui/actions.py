"""The commands of every window as data, for menus, buttons, tooltips and docs.

Each shortcut is written once, in this file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar, QPushButton, QWidget

from gui.widgets.buttons import button

# Names of keys in texts, by Qt's name.
_NAMES = {"PgUp": "Page Up", "PgDown": "Page Down", ",": "comma", ".": "full stop"}
MENUS = ("File", "View", "Signal", "Display", "Engine", "Record", "Help")


@dataclass(frozen=True)
class Action:
    """One command of a window; empty text means that it has no such part.

    ``key`` and ``more_keys`` are shortcuts such as ``Ctrl+L``; ``key`` is the one that is shown.
    """

    id: str
    text: str
    tip: str = ""
    key: str = ""
    menu: str = ""
    local: bool = False  # the key is handled by the view that has the focus, not by the QAction
    separate: bool = False  # the menu has a separator line above this entry
    more_keys: tuple[str, ...] = ()

    @property
    def help(self) -> str:
        return self.tip or self.text

    @property
    def key_name(self) -> str:
        return _NAMES.get(self.key, self.key)

    @property
    def tooltip(self) -> str:
        return f"{self.help} ({self.key_name})" if self.key else self.help


DASHBOARD = (
    Action("stream-file", "Stream a file ...", "Replay a recording as if it were live", "Ctrl+O",
           "File"),
    Action("recordings", "Recordings", "Look through a recording, and run a model over it",
           "Ctrl+Shift+O", "File"),
    Action("quit", "Quit", "Close; a recording and its source continue", "Ctrl+Q",
           "File", separate=True),
    Action("panel-connect", "Connect", "Show or hide streams and devices", "Ctrl+K", "View"),
    Action("panel-record", "Record bar", "Show or hide the record bar", menu="View"),
    Action("panel-decision", "Decision", "Show or hide the decision", menu="View"),
    Action("panel-quality", "Signal quality", "Show or hide the signal quality", menu="View"),
    Action("panel-latency", "Latency", "Show or hide latency and losses", menu="View"),
    Action("panel-history", "History", "Show or hide the history", menu="View"),
    Action("panel-bridges", "Bridges", "Show or hide bridges to other programs", "Ctrl+J", "View"),
    Action("panel-log", "Log", "Show or hide the messages of the programs", "Ctrl+L", "View"),
    Action("reset-layout", "Reset layout", "Put every panel back in its place", menu="View"),
    Action("theme", "Dark or light", key="Ctrl+T", menu="View", separate=True),
    Action("ball", "Ball", "Show a ball that the probabilities move", "Ctrl+B", "View"),
    Action("dismiss", "Dismiss the banner", "Hide the banner; nothing else changes", "Esc",
           "View"),
    Action("connect-device", "Connect or disconnect the device", key="Ctrl+D", menu="Signal"),
    Action("simulator", "Simulator", "Stream a simulated person", "Ctrl+Shift+S", "Signal"),
    Action("page-signal", "Signal", "Show the traces", "Ctrl+1", "Signal", separate=True),
    Action("page-spectrum", "Spectrum", "Show the spectrum", "Ctrl+2", "Signal"),
    Action("page-map", "Map", "Show the map of a band on the head", "Ctrl+3", "Signal"),
    Action("page-impedance", "Impedance", "Show the impedances, where the board measures them",
           "Ctrl+4", "Signal"),
    Action("calibrate", "Calibrate", "Train a model, step by step", "Ctrl+G", "Engine"),
    Action("timing", "Timing lab", "Measure the delay of a screen by a photodiode",
           "Ctrl+Shift+M", "Engine"),
    Action("neurofeedback", "Neurofeedback", "Feed a feature back, run by run", "Ctrl+F",
           "Engine"),
    Action("spell", "Spell", "Select symbols by flashes or flicker", "Ctrl+S", "Engine"),
    Action("engine", "Start or stop the engine", key="Ctrl+E", menu="Engine"),
    Action("decode-shown", "Decode the shown stream",
           "Make the decoded and the shown stream the same", "Ctrl+Shift+E", "Engine"),
    Action("replay", "Start or stop the replay",
           "Start or stop the replay that the dashboard was opened with", "Ctrl+P", "Engine"),
    Action("stop-keys", "Stop keys", "Release all keys, and end the bridge that presses them",
           "Ctrl+Shift+X", "Engine"),
    Action("acknowledge", "Acknowledge losses", "Acknowledge the losses so far", "Ctrl+Shift+L",
           "Engine", separate=True),
    Action("record", "Record or stop", "Start or stop a recording", "Ctrl+R", "Record"),
    Action("note", "Note", "Write a note into the recording", "Ctrl+N", "Record"),
    Action("open-saved", "Open what was recorded", "Look through the last recording",
           "Ctrl+Shift+R", "Record", separate=True),
    Action("saved-folder", "Show in folder", "Open the folder of the last recording",
           "Ctrl+Shift+F", "Record"),
    Action("palette", "Commands ...", "Find a command by its name", "Ctrl+Shift+P", "Help"),
    Action("keys", "Keys", "List the keys of all windows", "F1", "Help"),
)  # fmt: skip

_scope = partial(Action, menu="Signal", local=True)
SCOPE = (
    _scope("larger", "Larger traces", "Larger traces, in steps of 1, 2, 5", "Up", separate=True),
    _scope("smaller", "Smaller traces", "Smaller traces, in steps of 1, 2, 5", "Down"),
    _scope("fit", "Fit gains", "Fit all gains to the signal", "0"),
    _scope("kind", "Next kind", "Change the gain of the next kind of channel", "G"),
    _scope("channels", "Channels ...", "Show or hide channels by name or kind", "C", separate=True),
    _scope("all", "All channels or a page", "All channels at once, or a page of them", "A"),
    _scope("page-before", "Channels before", "Show the channels before", "PgUp"),
    _scope("page-after", "Next channels", "Show the next channels", "PgDown"),
    _scope("sweep", "Sweep or scroll", "Sweep (overwrite), or scroll", "W", separate=True),
    _scope("shorter", "Less time", "Show less time", "Left"),
    _scope("longer", "More time", "Show more time", "Right"),
    _scope("pause", "Pause", "Stop the picture, or continue", "Space", separate=True),
    _scope("older", "Older", "Look back, up to a minute", "Shift+Left"),
    _scope("newer", "Newer", "Look towards the newest sample", "Shift+Right"),
    _scope("filter", "Next filter",
           "Next filter of the picture: high-pass, band-pass, notch, or raw", "F", menu="Display"),
    _scope("reference", "Next reference",
           "Next reference of the picture that the stream allows", "R", menu="Display"),
)  # fmt: skip

_display = partial(Action, menu="Display")
DISPLAY = (
    _display("reference-recorded", "As recorded", "Show the channels as they are recorded",
             separate=True),
    _display("reference-average", "Average reference", "Subtract the mean of the electrodes"),
    _display("reference-mastoids", "Linked mastoids", "Subtract the mean of both mastoids"),
    _display("reference-bipolar", "Bipolar chains",
             "Show differences of neighbours from front to back, or along a shaft"),
    _display("reference-laplacian", "Surface Laplacian",
             "Show the current density at each electrode, by spherical splines"),
    _display("clean-line", "Cancel line noise", "Follow the power line and subtract it",
             separate=True),
    _display("clean-eog", "Regress EOG", "Subtract EOG, or frontal channels, from the others"),
    _display("clean-asr", "ASR", "Replace components that are larger than those of recent signal"),
)  # fmt: skip

CHANNELS = (
    Action("channels-show", "Show all", "Show all that are listed", "Alt+S"),
    Action("channels-hide", "Hide all", "Hide all that are listed", "Alt+H"),
)

CUES = (
    Action("cue-on", "Begin or pause", "Begin, pause, continue, or confirm a rating", "Space"),
    Action("cue-end", "End", "End; what was recorded stays", "Esc"),
    Action("cue-back", "Take back", "Take back a rating; 1 to 5 rate", "Backspace"),
)

REPLAY = (
    Action("replay-open", "Open ...", "Open a recording", "Ctrl+O"),
    Action("replay-run", "Run or cancel", "Run the model over the whole recording, or cancel",
           "Ctrl+Return", more_keys=("Ctrl+Enter",)),
    Action("replay-play", "Play or pause", key="Space"),
    Action("replay-slower", "Slower", "Slower, down to half the speed", "S"),
    Action("replay-faster", "Faster", "Faster, up to eight times", "D"),
    Action("replay-back", "Back", "One second back", "Left"),
    Action("replay-on", "Forward", "One second forward", "Right"),
    Action("replay-far-back", "Far back", "Ten seconds back", "Shift+Left"),
    Action("replay-far-on", "Far forward", "Ten seconds forward", "Shift+Right"),
    Action("replay-start", "Start", "Go to the start", "Home"),
    Action("replay-end", "End", "Go to the end", "End"),
    Action("replay-trial-before", "Trial before", "Go to the end of the trial before", ","),
    Action("replay-trial-after", "Next trial", "Go to the end of the next trial", "."),
    Action("replay-dismiss", "Dismiss the banner", "Hide the banner", "Esc"),
    Action("replay-close", "Close", "Close the window; a running model goes on", "Ctrl+W",
           more_keys=("Ctrl+Q",)),
)  # fmt: skip

CALIBRATION = (
    Action("calibrate-next", "Continue", "Press the main button of the step", "Ctrl+Return",
           more_keys=("Ctrl+Enter",)),
    Action("calibrate-back", "Back", "Go one step back", "Alt+Left"),
    Action("calibrate-again", "Record another run", key="Ctrl+R"),
    Action("calibrate-files", "Add files ...", "Read what is shown; on the training page add files",
           "Ctrl+O"),
    Action("calibrate-train", "Train on recordings",
           "Train on recordings without a new run, on the first page", "Ctrl+T"),
    Action("calibrate-models", "Models", "Look at the models, on the first page", "Ctrl+M"),
    Action("calibrate-simulator", "Use the simulator", "Stream a person who follows cues",
           "Ctrl+Shift+S"),
    Action("calibrate-headset", "Connect a headset", "Choose a device in the dashboard", "Ctrl+K"),
    Action("calibrate-close", "Close", "Close the window; a training goes on", "Ctrl+W",
           more_keys=("Ctrl+Q",)),
)  # fmt: skip

TIMING = (
    Action("timing-start", "Measure or stop", "Flash the patch and measure, or stop",
           "Ctrl+Return", more_keys=("Ctrl+Enter",)),
    Action("timing-copy", "Copy the lines", "Copy the lines for the profile", "Ctrl+Shift+C"),
    Action("timing-close", "Close", "Close the window; a measurement ends", "Ctrl+W",
           more_keys=("Ctrl+Q",)),
)  # fmt: skip

PEOPLE = (
    Action("people-theme", "Dark or light", key="Ctrl+T"),
    Action("people-close", "Close", "Close the window; the engines go on", "Ctrl+W",
           more_keys=("Ctrl+Q",)),
)  # fmt: skip

NEUROFEEDBACK = (
    Action("feedback-next", "Continue", "Press the main button", "Ctrl+Return",
           more_keys=("Ctrl+Enter",)),
    Action("feedback-stop", "End the run", "End the run; it counts as far as it is", "Ctrl+E"),
    Action("feedback-end", "End the session", "End the session, and show its report",
           "Ctrl+Shift+E"),
    Action("feedback-view", "Subject's view", "Show or hide the subject's view", "Ctrl+Shift+V"),
    Action("feedback-close", "Close", "Close the window; the session ends", "Ctrl+W",
           more_keys=("Ctrl+Q",)),
)  # fmt: skip

SPELLING = (
    Action("spell-start", "Start", "Open the speller", "Ctrl+Return", more_keys=("Ctrl+Enter",)),
    Action("spell-text", "Choose ...", "Choose a text that letters are learnt from", "Ctrl+O"),
    Action("spell-close", "Close", "Close the window", "Ctrl+W", more_keys=("Ctrl+Q",)),
)

SPELLER = (
    Action("speller-confirm", "Confirm", "Confirm the risks of a flicker", "Y"),
    Action("speller-on", "Begin or pause", "Begin, pause or resume", "Space"),
    Action("speller-undo", "Undo", "Take the last symbol back", "Backspace"),
    Action("speller-end", "End", "End; what was recorded stays", "Esc"),
)

TABLES = {
    "Dashboard": DASHBOARD,
    "Scope": SCOPE,
    "Channels": CHANNELS,
    "Calibration": CALIBRATION,
    "Cues": CUES,
    "Neurofeedback": NEUROFEEDBACK,
    "Spelling": SPELLING,
    "Speller": SPELLER,
    "Replay": REPLAY,
    "Timing lab": TIMING,
    "People": PEOPLE,
}
ACTIONS = {action.id: action for table in (*TABLES.values(), DISPLAY) for action in table}


def key_of(name: str) -> str:
    """Return the shortcut of the action ``name``; raises KeyError if unknown."""
    return ACTIONS[name].key_name


def with_key(text: str, name: str) -> str:
    """Append the shortcut of the action ``name``: ``Stop recording (Ctrl+R)``."""
    return f"{text} ({key_of(name)})"


def tip_of(name: str) -> str:
    return ACTIONS[name].tooltip


def key_table(actions: Sequence[Action]) -> str:
    """Return a Markdown table of the shortcuts, for the help window and the docs."""
    rows = [f"| {a.key_name} | {a.help} |" for a in actions if a.key]
    return "\n".join(("| key | command |", "|---|---|", *rows))


class WindowActions:
    """The actions of one window, as QActions.

    ``callbacks`` has a function or a QAction for each id of ``table``. A QAction that is given
    gets the text and the key of the table. ``reasons`` has functions that return a sentence why
    a command cannot run now, or empty text. A command without such a function can always run.
    """

    def __init__(
        self,
        window: QWidget,
        table: Sequence[Action],
        callbacks: Mapping[str, Callable[[], object] | QAction],
        reasons: Mapping[str, Callable[[], str]] | None = None,
    ) -> None:
        self.table = table
        self._reasons = reasons or {}
        self._made: dict[str, QAction] = {}
        for action in table:
            callback = callbacks[action.id]
            made = callback if isinstance(callback, QAction) else QAction(window)
            _describe(made, action)
            if not isinstance(callback, QAction):
                made.triggered.connect(lambda _checked=False, run=callback: run())
            window.addAction(made)
            self._made[action.id] = made

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def why_not(self, name: str) -> str:
        """Return why the command ``name`` cannot run now; empty text if it can."""
        return self._reasons[name]() if name in self._reasons else ""

    def dim(self) -> None:
        """Disable the commands that cannot run now, with the reason as tooltip."""
        for action in self.table:
            self._show(action, self.why_not(action.id))

    def undim(self) -> None:
        """Enable all commands, so that every key works; each command checks itself."""
        for action in self.table:
            self._show(action, "")

    def _show(self, action: Action, reason: str) -> None:
        self._made[action.id].setEnabled(not reason)
        self._made[action.id].setToolTip(reason or action.tooltip)


def fill_menus(bar: QMenuBar, groups: Sequence[WindowActions]) -> None:
    """Fill a menu bar with the actions of ``groups``; those that cannot run are dim."""
    for title in MENUS:
        menu = bar.addMenu(f"&{title}")
        menu.setToolTipsVisible(True)
        for group in groups:
            for action in group.table:
                if action.menu == title:
                    if action.separate:
                        menu.addSeparator()
                    menu.addAction(group[action.id])
            menu.aboutToShow.connect(group.dim)
            menu.aboutToHide.connect(group.undim)


def press(push: QPushButton) -> None:
    """Click a button; does nothing while the button is hidden."""
    if push.isVisible():
        push.click()


def action_button(action: QAction) -> QPushButton:
    """Make a button for an action; the button is down while the action is checked."""
    push = button(action.text(), action.toolTip())
    if action.isCheckable():
        push.setCheckable(True)
        push.setChecked(action.isChecked())
        action.toggled.connect(push.setChecked)
    push.clicked.connect(action.trigger)
    return push


def _describe(made: QAction, action: Action) -> None:
    made.setObjectName(action.id)
    if action.local:
        # The menu shows text after a tab in its column of keys, but binds no shortcut to it.
        made.setText(f"{action.text}\t{action.key_name}")
    else:
        made.setText(action.text)
        keys = [key for key in (action.key, *action.more_keys) if key]
        made.setShortcuts([QKeySequence(key) for key in keys])
    made.setToolTip(action.tooltip)

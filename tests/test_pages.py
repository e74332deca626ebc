"""Shell blocks of the README and of the tutorials run as shown, in order, page by page.

Commands that run until Ctrl-C are ended by it as soon as they show what the page promises, or at
the end of the page where later commands need their stream.
"""

import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.commands import BCI, bci
from tests.streams import find, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[1]
PAGES = [*sorted((ROOT / "docs/tutorials").glob("*.md")), ROOT / "README.md"]
TASK_DEMO = "tests/test_demo.py runs the demos of the tasks"
INSTALLATION = "installation, which .ci/run and .ci/wheel.py do"

# Commands that do not run here, by their beginning, with the reason.
LEFT_OUT = {
    "sudo apt-get": "system packages",
    "python3 -m venv": INSTALLATION,
    ". .venv/bin/activate": INSTALLATION,
    "pip install": INSTALLATION,
    "pipx": INSTALLATION,
    "uv": INSTALLATION,
    "pytest bci-smooth": "needs an installed plug-in: tests/test_plugin_wheel.py has one",
    "bci demo --task": TASK_DEMO,
    "bci bridge keys": "presses keys of a real screen",
    "bci run A.yaml B.yaml": "needs two headsets: tests/bci/people/test_two_people.py",
}
# Output by which a command that runs until Ctrl-C has shown what its page promises. Without a
# screen, Qt prints the name of this function when it shows a window.
SHOWS = {
    "bci demo": "propagateSizeHints",
    "bci gui": "propagateSizeHints",
    "bci monitor": "C3",
    "bci record": "simulator",
    "bci run": "decoding .* with me",
    "bci bridge websocket": "serving http://localhost",
    "bci remote": "remote control on",
}
# Streams that later commands of the page need: these commands run until its end.
STREAMS = {
    "bci stream --device simulator": "simulator",
    "bci replay": "sub-simulated1_task-motorimagery_run-03_eeg",
}


def commands(page: Path) -> list[str]:
    """Lines of the shell blocks of a page, but for those left out."""
    blocks = re.findall(r"```(?:sh)?\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line]
    return [line for line in lines if not line.startswith(tuple(LEFT_OUT))]


def value(table: dict[str, str], line: str) -> str | None:
    return next((table[start] for start in table if line.startswith(start)), None)


class Terminal:
    """A program that runs until Ctrl-C, and what it prints."""

    def __init__(self, line: str, log: Path) -> None:
        self.line, self.log = line, log
        with log.open("wb") as out:
            argv = [*BCI, *shlex.split(line)[1:]]
            self.process = subprocess.Popen(
                argv, cwd=log.parent, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    def shows(self, pattern: str) -> bool:
        assert self.process.poll() is None, f"{self.line} has ended: {self.log.read_text()}"
        return re.search(pattern, self.log.read_text()) is not None

    def end(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(60)
        finally:
            self.process.kill()
        printed = self.log.read_text()
        assert code == 0, f"{self.line} ended with {code}: {printed}"
        assert "Traceback" not in printed, printed


def expanded(word: str) -> list[str]:
    """Files that fit a pattern with brackets, else the word itself."""
    return sorted(map(str, Path().glob(word))) if "[" in word else [word]


def run(line: str) -> None:
    """Run a command to its end, with the patterns and the redirection of a shell."""
    line, _, file = line.partition(" > ")
    words = [found for word in shlex.split(line) for found in expanded(word)]
    assert words[0] == "bci", line
    done = bci(*words[1:])
    assert done.returncode == 0, f"{line}: {done.stderr}"
    if file:
        Path(file).write_text(done.stdout, encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with short runs: `bci simulate` leaves runs that are there as they are."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "recordings").mkdir()
    for task, per_label in (("motor-imagery", 5), ("p300", 1)):
        settings = SubjectSettings(1, task, per_label)
        for number in (1, 2, 3):
            name = f"sub-simulated1_task-{task.replace('-', '')}_run-{number:02d}_eeg.fif"
            write_run(simulate_run(settings, number), folder / "recordings" / name)
    return folder


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    """Programs that still run, ended after the page."""
    running: list[Terminal] = []
    yield running
    for each in running:
        each.process.kill()
        each.process.wait(10)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_shell_blocks_run_as_shown(
    page: Path, folder: Path, terminals: list[Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for number, line in enumerate(commands(page)):
        stream, shown = value(STREAMS, line), value(SHOWS, line)
        if stream is None and shown is None:
            run(line)
            continue
        terminal = Terminal(line, folder / f"{page.stem}-{number}.txt")
        terminals.append(terminal)
        if stream is not None:
            find(stream)
        else:
            wait_until(partial(terminal.shows, shown), 120)
            terminals.pop().end()
    for terminal in terminals:
        terminal.end()

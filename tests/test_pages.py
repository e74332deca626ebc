"""Shell blocks of the README and of the tutorials run as shown, in order, page by page.

Commands that run until Ctrl-C are ended by it as soon as they show what the page promises, or at
the end of the page where later commands need their stream.
"""

import contextlib
import os
import pty
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
FIRST_MODEL = ROOT / "docs/tutorials/first-model.md"
TASK_DEMO = "tests/test_demo.py runs the demos of the tasks"
INSTALLATION = "installation, which .ci/run and .ci/wheel.py do"

# Commands that do not run here, by a pattern of their beginning, with the reason.
LEFT_OUT = {
    "sudo apt-get": "system packages",
    "python3 -m venv": INSTALLATION,
    r"\. \.venv/bin/activate": INSTALLATION,
    "pip install": INSTALLATION,
    "pipx": INSTALLATION,
    "uv": INSTALLATION,
    "pytest bci-smooth": "needs an installed plug-in: tests/test_plugin_wheel.py has one",
    "bci demo$": "the whole demo, which .ci/wheel.py runs from the built wheel",
    "bci demo --task": TASK_DEMO,
    r"bci gui motor-imagery$": "the first model's page opens it, with a model",
    "bci bridge keys": "presses keys of a real screen",
    "bci run A.yaml B.yaml": "needs two headsets: tests/bci/people/test_two_people.py",
}
# Output by which a command that runs until Ctrl-C has shown what its page promises. Without a
# screen, Qt prints the name of this function when it shows a window.
SHOWS = {
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
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    shell = [block for language, block in blocks if language in ("", "sh")]
    lines = [line for block in shell for line in block.splitlines() if line]
    return [line for line in lines if not re.match("|".join(LEFT_OUT), line)]


def value(table: dict[str, str], line: str) -> str | None:
    return next((table[start] for start in table if line.startswith(start)), None)


class Terminal:
    """A program that runs in a terminal until Ctrl-C, and what it prints."""

    def __init__(self, line: str, folder: Path) -> None:
        self.line, self.printed = line, ""
        self._screen, inside = pty.openpty()
        self.process = subprocess.Popen(
            [*BCI, *shlex.split(line)[1:]], cwd=folder, env=os.environ | {"COLUMNS": "200"},
            stdin=subprocess.DEVNULL, stdout=inside, stderr=inside,
        )  # fmt: skip
        os.close(inside)
        os.set_blocking(self._screen, False)

    def shows(self, pattern: str) -> bool:
        self.read()
        assert self.process.poll() is None, f"{self.line} has ended: {self.printed}"
        return re.search(pattern, self.printed) is not None

    def read(self) -> None:
        # Nothing new, or the program has ended.
        with contextlib.suppress(OSError):
            while part := os.read(self._screen, 65536):
                self.printed += part.decode(errors="replace")

    def end(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        try:
            wait_until(lambda: self.read() or self.process.poll() is not None)
        finally:
            self.close()
        assert self.process.returncode == 0, f"{self.line}: {self.printed}"
        assert "Traceback" not in self.printed, self.printed

    def close(self) -> None:
        self.process.kill()
        self.process.wait(10)
        self.read()
        os.close(self._screen)


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
        each.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_shell_blocks_run_as_shown(
    page: Path, folder: Path, terminals: list[Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    if page.stem == "README" and not Path("recordings/models/me").exists():
        # A person calibrates in the dashboard.
        run(next(line for line in commands(FIRST_MODEL) if line.startswith("bci calibrate")))
    for line in commands(page):
        stream, shown = value(STREAMS, line), value(SHOWS, line)
        if stream is None and shown is None:
            run(line)
            continue
        terminal = Terminal(line, folder)
        terminals.append(terminal)
        if stream is not None:
            find(stream)
        else:
            wait_until(partial(terminal.shows, shown), 120)
            terminals.pop().end()
    while terminals:
        terminals.pop().end()

"""Programs in `examples/` and `docs/how-to/python.md`, and examples in docstrings, run as shown.

All run in one folder with three simulated runs (`run-01_eeg.fif` ...) and a model of the first two
(`models/me`), beside a simulated stream (`simulator`) and an engine (`bci`) that decodes it.
"""

import doctest
import os
import re
import runpy
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import bci
from bci.bridges.udp import UdpBridge, UdpSettings
from bci.lsl.device_stream import stream_device
from bci.models.bundle import ARRAYS
from devices.simulated.simulator import SimulatorDevice, SimulatorSettings
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.bci.bridges.receivers import free_port, running
from tests.commands import bci as command
from tests.engines import end, start_engine
from tests.streams import find, wait_until

ROOT = Path(__file__).parents[1]
RUNS = ["run-01_eeg.fif", "run-02_eeg.fif"]
STREAMED = ("list_streams", "open_stream", "record", "subscribe")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of one simulated person, and a model of the first two."""
    folder = tmp_path_factory.mktemp("examples")
    settings = SubjectSettings(trials_per_class=5)
    for run in (1, 2, 3):
        write_run(simulate_run(settings, run), folder / f"run-{run:02d}_eeg.fif")
    model = bci.calibrate([folder / name for name in RUNS], "motor-imagery", name="me")
    model.save(folder / "models/me")
    return folder


@pytest.fixture(scope="module")
def live(folder: Path) -> Iterator[None]:
    """A simulated stream, and an engine that decides by every window."""
    stop = threading.Event()
    device = SimulatorDevice(SimulatorSettings(name="simulator"))
    player = threading.Thread(target=stream_device, args=(device, stop))
    player.start()
    model = bci.load_model(folder / "models/me")
    engine = start_engine(model, "simulator", name="bci", decision_threshold=0.5)
    for name in ("simulator", "bci-decisions"):
        find(name)
    yield
    end(engine)
    stop.set()
    player.join(10)


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def run(name: str, *arguments: str) -> None:
    """Run an example as a program, in this process."""
    program = ROOT / "examples" / name
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(program), *arguments])
        runpy.run_path(str(program), run_name="__main__")


def check_docstring(name: str) -> None:
    (test,) = doctest.DocTestFinder(recurse=False).find(getattr(bci, name), name, globs={})
    assert test.examples, f"bci.{name} has no example"
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    said: list[str] = []
    assert runner.run(test, out=said.append).failed == 0, "".join(said)


@pytest.mark.parametrize("name", sorted({*bci.__all__} - {"BciError", "__version__"} - {*STREAMED}))
def test_example_in_docstring(name: str, here: Path) -> None:
    check_docstring(name)


@pytest.mark.parametrize("name", STREAMED)
def test_example_in_docstring_of_a_stream(name: str, here: Path, live: None) -> None:
    (here / "live.xdf").unlink(missing_ok=True)
    check_docstring(name)


def test_every_example_is_short_and_is_run_here() -> None:
    tests = Path(__file__).read_text(encoding="utf-8")
    programs = sorted((ROOT / "examples").glob("*.py"))
    listed = (ROOT / "examples/README.md").read_text(encoding="utf-8")
    for program in programs:
        assert len(program.read_text(encoding="utf-8").splitlines()) < 40, program.name
        assert f'run("{program.name}"' in tests, program.name
        assert program.name in listed


def test_calibrate(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("calibrate.py", "models/new", *RUNS)
    assert re.search(r"accuracy [01]\.\d\d \(95 % interval", capsys.readouterr().out)
    assert bci.load_model("models/new").classes == ("left", "right")
    done = command("calibrate", "motor-imagery", *RUNS, "--out", "models/by-command")
    assert done.returncode == 0, done.stderr
    arrays = [Path(f"models/{name}", ARRAYS).read_bytes() for name in ("new", "by-command")]
    assert arrays[0] == arrays[1]


def test_offline_evaluation(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("offline_evaluation.py", "models/me", "run-03_eeg.fif")
    assert "run-03_eeg.fif: accuracy" in capsys.readouterr().out


@pytest.mark.long
def test_sklearn_decoder(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("sklearn_decoder.py", "models/sklearn", "run-03_eeg.fif", *RUNS)
    assert re.search(r"run-03_eeg.fif: accuracy [01]\.\d\d", capsys.readouterr().out)


@pytest.mark.long
def test_torch_decoder(here: Path, live: None, capsys: pytest.CaptureFixture[str]) -> None:
    run("torch_decoder.py", "simulator", "4", *RUNS)
    assert re.search(r"accuracy [01]\.\d\d\n(left|right) [01]\.\d\d", capsys.readouterr().out)


def test_moabb_scoring(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("moabb_scoring.py", *RUNS)
    printed = capsys.readouterr().out.splitlines()
    scores = {line.split()[0]: line.split()[1:] for line in printed}
    assert set(scores) == {"tangent-space", "csp-lda", "pyriemann"}
    assert scores["tangent-space"] == scores["pyriemann"]


def test_subscribe(here: Path, live: None, capsys: pytest.CaptureFixture[str]) -> None:
    run("subscribe.py", "bci", "1")
    assert re.search(r"left [01]\.\d\d  right [01]\.\d\d", capsys.readouterr().out)


@pytest.mark.slow
def test_closed_loop_game(here: Path, live: None, capsys: pytest.CaptureFixture[str]) -> None:
    run("closed_loop_game.py", "bci", "30", "1")
    assert re.search(r"(left|right): +\|", capsys.readouterr().out)


@pytest.mark.slow
def test_udp_game(here: Path, live: None, capsys: pytest.CaptureFixture[str]) -> None:
    port = str(free_port(socket.SOCK_DGRAM))
    with running(UdpBridge(UdpSettings(port=int(port)))) as said:
        wait_until(lambda: "connected to engine 'bci'" in said)
        run("udp_game.py", port, "8", "1")
    printed = capsys.readouterr().out
    assert re.search(r"decided: (left|right)", printed)
    # On a field of one column every star is caught.
    assert "caught 3" in printed


@pytest.mark.slow
def test_udp_game_releases_the_cart_once_the_bridge_is_gone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    port = free_port(socket.SOCK_DGRAM)

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not stop.wait(0.05):
                sender.sendto(b"no message", ("127.0.0.1", port))
                sender.sendto(b'{"kind": "decision", "label": "left"}', ("127.0.0.1", port))
                # Enough of them for the game to have one.
                if "decided: left" in capsys.readouterr().out:
                    return

    stop = threading.Event()
    sender = threading.Thread(target=send)
    sender.start()
    run("udp_game.py", str(port), "6", "1")
    stop.set()
    sender.join()
    assert "decided: -" in capsys.readouterr().out.splitlines()[-1]


def test_own_filter(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("own_filter.py", "run-03_eeg.fif")
    assert re.search(r"deviation \d+\.\d\d uV", capsys.readouterr().out)


def test_own_device(capsys: pytest.CaptureFixture[str]) -> None:
    run("own_device.py", "0.2")
    assert re.search(r"sent \d+ samples", capsys.readouterr().out)


def programs_in(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize(
    "program",
    [
        *programs_in("docs/how-to/python.md"),
        *(
            pytest.param(program, marks=[pytest.mark.slow] if "MDM()" in program else [])
            for program in programs_in("docs/how-to/estimators.md")
        ),
        *(p for p in programs_in("README.md") if "import bci" in p),
    ],
)
def test_program_in_docs(program: str, here: Path, live: None) -> None:
    for made in ("live.xdf", "models/new"):
        if (here / made).exists():
            (here / made).rename(here / f"{made}.{os.urandom(4).hex()}")
    shorter = program.replace("duration_s=30", "duration_s=3")
    exec(compile(shorter, "docs/how-to/python.md", "exec"), {})

"""``bci remote``, used by scripts for LabRecorder: real recordings, processes and kills."""

import json
import os
import signal
import socket
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
import pyxdf
from labrecorder_controller import labrecrcs
from pylsl import local_clock

from bci.commands import bci_command
from bci.lsl.engine_streams import StatusInlet
from bci.lsl.outlet import SignalOutlet
from bci.messages import EngineStatus
from tests.commands import refused
from tests.signals import eeg_info, two_class_recording
from tests.streams import find, send, wait_until


@contextmanager
def remote(*options: object) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a remote control on a free port; end it and its recorders afterwards."""
    command = (*bci_command(), "remote", "--port=0", *map(str, options))
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        # The line that announces the port.
        announced = process.stderr.readline()
        assert "remote control on 127.0.0.1 port " in announced
        port = int(announced.split()[-1])
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield process, port
    finally:
        process.terminate()
        process.wait(20)


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("localhost", port))
    connection.settimeout(60.0)
    return connection


def answer(connection: socket.socket, line: str) -> str:
    connection.sendall(f"{line}\n".encode())
    return connection.recv(1000).decode()


@contextmanager
def signal_stream() -> Iterator[SignalOutlet]:
    """Open a stream that sends samples all the time."""
    outlet = SignalOutlet(eeg_info(name=f"remote-{uuid.uuid4().hex[:8]}"))
    stop = threading.Event()

    def stream() -> None:
        sent, began = 0, local_clock()
        while not stop.wait(0.02):
            send(outlet, np.zeros((5, 8), np.float32), sent, began)
            sent += 5

    thread = threading.Thread(target=stream)
    thread.start()
    try:
        yield outlet
    finally:
        stop.set()
        thread.join()
        outlet.close()


def samples_in(file: Path) -> dict[str, list]:
    """Return samples by stream name; pyxdf fails for a damaged file."""
    streams, _ = pyxdf.load_xdf(file)
    return {each["info"]["name"][0]: list(each["time_series"]) for each in streams}


def recorders() -> list[psutil.Process]:
    """Return all running recorders, of this test's LSL network and of others."""
    return [each for each in psutil.process_iter() if "record" in _line(each)]


def _line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def recorder_of(file: Path) -> psutil.Process | None:
    return next((each for each in recorders() if f"--output={file}" in _line(each)), None)


@pytest.mark.slow
def test_client_for_labrecorder_records_the_file_its_template_asks_for(tmp_path: Path) -> None:
    with signal_stream() as outlet, remote("--folder", tmp_path) as (_, port):
        client = labrecrcs(port=port)
        client.update()
        client.select_all()
        client.filename(
            root=f"{tmp_path}/", template="exp%n\\%p_block_%b.xdf", run=2, participant="P003",
            task="MemoryGuided",
        )  # fmt: skip
        client.start()
        file = tmp_path / "exp002" / "P003_block_MemoryGuided.xdf"
        client.s.settimeout(60)
        answers = b""
        while len(answers) < len("OK" * 4):
            answers += client.s.recv(10)
        assert answers == b"OK" * 4
        # The recording continues when the client disconnects.
        client.s.close()
        with connect(port) as other:
            assert answer(other, "cue left hand") == "OK"
            assert answer(other, f"cue {'x' * 201}").startswith("ERROR a cue has 1 to 200")
            assert answer(other, "dance").startswith("ERROR there is no such command")
            assert answer(other, "start").startswith("ERROR a recording runs already")
            assert answer(other, "stop") == "OK"
        samples = samples_in(file)
        assert len(samples[outlet.info.name]) > 0
        assert samples["remote-cues"] == [["left hand"]]
        assert recorder_of(file) is None


@pytest.mark.slow
def test_second_recording_of_a_name_keeps_the_first(tmp_path: Path) -> None:
    with signal_stream(), remote("--folder", tmp_path) as (_, port), connect(port) as client:
        assert answer(client, "filename {template:block_%b.xdf}{task:a}") == "OK"
        for _ in range(2):
            assert answer(client, "start") == "OK"
            assert answer(client, "stop") == "OK"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["block_a.xdf", "block_a_old1.xdf"]
    for file in tmp_path.iterdir():
        assert samples_in(file)


@pytest.mark.slow
def test_end_of_the_remote_control_ends_the_recording_whole(tmp_path: Path) -> None:
    with signal_stream() as outlet, remote("--folder", tmp_path) as (process, port):
        with connect(port) as client:
            assert answer(client, "filename {template:a.xdf}") == "OK"
            assert answer(client, "start") == "OK"
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        # A busy computer may close the file a moment later.
        wait_until(lambda: recorder_of(tmp_path / "a.xdf") is None)
        assert samples_in(tmp_path / "a.xdf")[outlet.info.name]


@pytest.mark.slow
def test_recording_outlives_a_killed_remote_control_and_the_next_one_stops_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.xdf"
    with signal_stream() as outlet:
        with remote("--folder", tmp_path) as (process, port), connect(port) as client:
            assert answer(client, "filename {template:a.xdf}") == "OK"
            assert answer(client, "start") == "OK"
            process.kill()
            process.wait(20)
        size = file.stat().st_size
        wait_until(lambda: file.stat().st_size > size)
        with remote("--folder", tmp_path) as (_, port), connect(port) as client:
            wait_until(lambda: answer(client, "start").startswith("ERROR a recording runs"))
            assert answer(client, "stop") == "OK"
        assert recorder_of(file) is None
        assert samples_in(file)[outlet.info.name]


@pytest.mark.slow
def test_killed_recorder_is_started_again_beside_what_it_wrote(tmp_path: Path) -> None:
    with signal_stream() as outlet, remote("--folder", tmp_path) as (_, port):
        with connect(port) as client:
            assert answer(client, "filename {template:a.xdf}") == "OK"
            assert answer(client, "start") == "OK"
            recorder = recorder_of(tmp_path / "a.xdf")
            assert recorder is not None
            # A recorder that dies sooner counts as broken.
            wait_until(lambda: psutil.time.time() - recorder.create_time() > 6)
            recorder.kill()
            part = tmp_path / "a_part2.xdf"
            wait_until(lambda: part.exists() and part.stat().st_size > 10_000)
            assert answer(client, "stop") == "OK"
        assert samples_in(part)[outlet.info.name]


@pytest.mark.slow
def test_engine_is_started_given_another_model_and_stopped(tmp_path: Path) -> None:
    # Imported here, since these modules import all decoders.
    from bci.models.bundle import save_bundle
    from tests.models import two_class_model, two_class_profile

    recording = two_class_recording(seed=3)
    name = f"engine-{uuid.uuid4().hex[:8]}"
    profile = two_class_profile(output={"name": name})
    settings = profile.model_dump(mode="json") | {"stream": {"name": recording.info.name}}
    (tmp_path / "profile.yaml").write_text(json.dumps(settings))
    models = tmp_path / "models"
    trained = two_class_model(tmp_path, profile)
    for each in ("first", "second"):
        card = trained.card.model_copy(update={"name": each})
        save_bundle(models / each, card, trained.decoder.arrays())
    options = ("--folder", tmp_path / "data", "--profile", tmp_path / "profile.yaml")
    with remote(*options, "--models", models) as (process, port), connect(port) as client:
        assert "'{modle:first}' is no model" in answer(client, "engine start {modle:first}")
        assert "there is no model '../first'" in answer(client, "engine start {model:../first}")
        assert "no engine runs" in answer(client, "engine use {model:first}")
        assert answer(client, "engine start {model:first}") == "OK"
        outlet = SignalOutlet(recording.info)
        status = StatusInlet(find(f"{name}-status"))
        wait_until(lambda: outlet.has_consumers)
        assert answer(client, "engine use {model:second}") == "OK"
        models_seen: list[str] = []
        sent = 0

        def takes_over() -> bool:
            nonlocal sent
            send(outlet, recording.data[sent : sent + 50], sent)
            sent = (sent + 50) % 1500
            models_seen.extend(
                each.model for each in status.pull() if isinstance(each, EngineStatus)
            )
            return bool(models_seen) and models_seen[-1] == "second"

        wait_until(takes_over)
        assert answer(client, "engine stop") == "OK"
        assert psutil.Process(process.pid).children() == []
        status.close()
        outlet.close()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--host", "0.0.0.0"), "give --token"),
        (("--host", "no.such.host.invalid"), "no such address"),
        (("--profile", "no-such-profile"), "there is no profile"),
    ],
)
def test_wrong_option_is_refused_in_a_line(options: tuple[str, str], reason: str) -> None:
    assert reason in refused("remote", *options)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be written" in refused("remote", "--folder", tmp_path / "x")

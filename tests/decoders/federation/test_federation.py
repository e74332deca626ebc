"""Federated training over Flower: the messages, the rounds, and sites that do not behave."""

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("flwr", reason="needs Flower: pip install -e '.[federation]'")

from flwr.app import Array, ArrayRecord, Context, Error, Message, RecordDict
from flwr.common.constant import ErrorCode

from bci.errors import ProfileError
from decoders.federation import progress
from decoders.federation.agreement import (
    CommonSpace,
    Federation,
    Partner,
    Rounds,
    Server,
    load_federation,
)
from decoders.federation.client_app import client_app
from decoders.federation.local import LocalGrid
from decoders.federation.messages import (
    ANSWERS,
    FINISH,
    NUMBERS,
    REFUSALS,
    TRAIN,
    NotUnderstoodError,
    read,
    write,
)
from decoders.federation.progress import Progress, Round, resume, save
from decoders.federation.rounds import FederationError, common_space, run_rounds
from decoders.federation.site import initial_weights
from decoders.networks.fleeg import FleegSettings
from tests.decoders.federation.test_federated import SPACE, site

SILENT = (lambda *_: None, lambda *_: None)


def agreement(
    n_rounds: int = 2, n_sites: int = 2, space: FleegSettings = SPACE, **server: object
) -> Federation:
    return Federation(
        name="test",
        model=CommonSpace(**asdict(space)),
        training=Rounds(rounds=n_rounds, epochs=2, finish_epochs=1, batch=16, lr=3e-3),
        sites=tuple(Partner(name=name) for name in "abc"[:n_sites]),
        server=Server(**server),
    )


def space_of(trunk: str) -> FleegSettings:
    """At a rate that IFNet's upper band, up to 40 Hz, fits."""
    return replace(SPACE, trunk=trunk, sfreq=96.0)


def three_sites(folder: Path, space: FleegSettings = SPACE):
    formats = {"a": (6, 128.0, 1.5), "b": (3, 100.0, 2.0), "c": (4, 64.0, 1.0)}
    return {
        n: site(folder / n, *f, seed=k, space=space) for k, (n, f) in enumerate(formats.items())
    }


def start(sites, agreed: Federation, folder: Path, grid=LocalGrid, apps=None):
    """Run rounds over sites of one process; the rounds and the sites' accuracies."""
    apps = apps or {}
    made = {
        k: apps.get(name) or client_app(one, agreed.digest(), 1, *SILENT)
        for k, (name, one) in enumerate(sites.items(), start=1)
    }
    rounds: list[Round] = []
    names = dict(enumerate(sites, start=1))
    scores = run_rounds(grid(made), agreed, names, folder / "server", rounds.append)
    return rounds, scores


def require_nothing_but_what_is_agreed(sent: list[Message], sites, agreed: Federation) -> None:
    shared = initial_weights(common_space(agreed), 0)
    shapes = {name: array.shape for name, array in shared.items()}
    for message in sent:
        assert set(message.content) <= {"shared", "numbers"}
        names = set(message.content["numbers"])
        kind = message.metadata.message_type
        assert names in (NUMBERS[kind], ANSWERS[kind])
        assert all(isinstance(v, int | float) for v in message.content["numbers"].values())
        arrays = message.content.get("shared", {})
        if "shared" in message.content:
            assert {k: a.numpy().shape for k, a in arrays.items()} == shapes
        written = b"".join(array.data for array in arrays.values())
        for one in sites.values():
            for name, personal in one.model.state_dict().items():
                if name not in shared and personal.numel() > 3:
                    assert personal.numpy().tobytes() not in written
            for window in one._held_out.windows[:3]:
                assert window.tobytes()[:64] not in written


@pytest.mark.parametrize("trunk", ["shallow", "ifnet", "dbconformer"])
def test_every_message_holds_shared_layers_and_agreed_numbers_and_nothing_else(
    tmp_path: Path, trunk: str
) -> None:
    sent: list[Message] = []

    class Inspected(LocalGrid):
        def carry(self, message: Message) -> Message:
            sent.append(message)
            return super().carry(message)

    sites = {n: s for n, s in three_sites(tmp_path, space_of(trunk)).items() if n in "ab"}
    agreed = agreement(space=space_of(trunk))
    start(sites, agreed, tmp_path, Inspected)

    assert len(sent) == 2 * 2 * (1 + 2 + 1)
    with_arrays = [message for message in sent if "shared" in message.content]
    assert len(with_arrays) == 2 * (2 * 2 + 1)
    require_nothing_but_what_is_agreed(sent, sites, agreed)


@pytest.mark.parametrize("trunk", ["ifnet", "dbconformer"])
def test_a_larger_trunk_comes_out_of_a_round_changed_and_finite_at_every_site(
    tmp_path: Path, trunk: str
) -> None:
    sites = {n: s for n, s in three_sites(tmp_path, space_of(trunk)).items() if n in "ab"}
    agreed = agreement(1, space=space_of(trunk))
    rounds, scores = start(sites, agreed, tmp_path)

    fresh = initial_weights(common_space(agreed), agreed.training.seed)
    shared, kept = resume(tmp_path / "server", agreed.digest(), fresh)
    assert kept.rounds == rounds
    assert set(shared) == set(fresh)
    assert all(np.isfinite(array).all() for array in shared.values())
    assert any(not np.array_equal(array, fresh[name]) for name, array in shared.items())
    for one in sites.values():
        state = one.model.state_dict()
        assert all(np.array_equal(state[name], array) for name, array in shared.items())
    (done,) = rounds
    assert not done.excluded
    for accuracies in (done.received, done.trained, scores):
        assert set(accuracies) == {"a", "b"}
        assert all(0 <= accuracy <= 1 for accuracy in accuracies.values())


def test_nothing_that_came_from_elsewhere_is_unpickled(tmp_path: Path) -> None:
    trap = tmp_path / "sprung"

    class Trap:
        def __reduce__(self):
            return (open, (str(trap), "w"))

    buffer = io.BytesIO()
    np.save(buffer, np.array([Trap()], dtype=object), allow_pickle=True)
    content = write({"trials": 1, "received": 0, "trained": 0, "loss": 0}, {})
    content["shared"] = ArrayRecord(
        {"x": Array("object", (1,), "numpy.ndarray", buffer.getvalue())}
    )
    with pytest.raises(NotUnderstoodError, match="cannot be read"):
        read(content, ANSWERS[TRAIN], with_arrays=True)
    assert not trap.exists()


def npy(header: str) -> bytes:
    """A NumPy file with a header of any text and no data."""
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


@pytest.mark.parametrize(
    "data", [npy("{'descr': ('<f4'\n"), npy("x\n  y\n z\n"), b"PK\x03\x04junk", "archive", b""]
)
def test_an_array_that_cannot_be_read_is_no_more_than_not_understood(data: bytes | str) -> None:
    if data == "archive":
        buffer = io.BytesIO()
        np.savez(buffer, x=np.zeros(3))
        data = buffer.getvalue()
    content = write({"trials": 1, "received": 0, "trained": 0, "loss": 0}, {})
    content["shared"] = ArrayRecord({"x": Array("float32", (1,), "numpy.ndarray", data)})
    with pytest.raises(NotUnderstoodError):
        read(content, ANSWERS[TRAIN], with_arrays=True)


def test_a_stopped_federation_goes_on_to_the_same_result(tmp_path: Path) -> None:
    whole = {n: s for n, s in three_sites(tmp_path / "whole").items() if n in "ab"}
    start(whole, agreement(3), tmp_path / "whole")

    class StopError(Exception):
        pass

    parts = {n: s for n, s in three_sites(tmp_path / "parts").items() if n in "ab"}
    agreed = agreement(3)
    calls = []

    def second_never_comes(done: Round) -> None:
        calls.append(done)
        raise StopError

    apps = {
        k: client_app(s, agreed.digest(), 1, *SILENT) for k, s in enumerate(parts.values(), start=1)
    }
    with pytest.raises(StopError):
        run_rounds(
            LocalGrid(apps), agreed, {1: "a", 2: "b"}, tmp_path / "parts" / "server",
            second_never_comes,
        )  # fmt: skip
    again = {n: s for n, s in three_sites(tmp_path / "parts").items() if n in "ab"}
    rounds, _ = start(again, agreed, tmp_path / "parts")

    assert [done.number for done in rounds] == [2, 3]
    for name, one in whole.items():
        for key, value in one.model.state_dict().items():
            assert torch.equal(value, again[name].model.state_dict()[key]), (name, key)
    other = agreed.model_copy(update={"training": Rounds(rounds=3, epochs=1)})
    with pytest.raises(ProfileError, match="another model, training or privacy"):
        run_rounds(
            LocalGrid(apps), other, {1: "a", 2: "b"}, tmp_path / "parts" / "server", SILENT[0]
        )


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda a: a | {"trunk.more": np.zeros(2, np.float32)}, "too many or too few"),
        (lambda a: {k: np.zeros((1, 1), np.float32) for k in a}, r"is float32 \(1, 1\), not"),
        (lambda a: {k: np.full_like(v, np.nan) for k, v in a.items()}, "not finite"),
        (lambda a: {k: np.full_like(v, 1e5) for k, v in a.items()}, "norm is .*above 100"),
        (None, "training failed"),
    ],
)
def test_a_site_that_returns_garbage_is_excluded_and_named(
    tmp_path: Path, spoil, told: str
) -> None:
    sites, agreed = three_sites(tmp_path), agreement(2, 3)
    honest = sites["c"].train

    def dishonest(number, shared):
        if spoil is None:
            raise RuntimeError("/home/secret/file")
        made = honest(number, shared)
        return replace(made, change=spoil(made.change))

    sites["c"].train = dishonest
    rounds, scores = start(sites, agreed, tmp_path)

    assert re.search(told, rounds[0].excluded["c"])
    assert "secret" not in str(rounds)
    assert set(rounds[0].received) == set(rounds[1].received) == set(scores) == {"a", "b"}
    assert json.loads((tmp_path / "server" / "rounds.json").read_text())["banned"]["c"]


class Deaf(LocalGrid):
    """Node 2 gives no answer to the first message of a kind."""

    kind = TRAIN

    def pull_messages(self, message_ids):
        answers = list(super().pull_messages(message_ids))
        for answer in answers:
            metadata = answer.metadata
            if (metadata.src_node_id, metadata.message_type) == (2, self.kind):
                self.kind = "none"
                return [a for a in answers if a is not answer]
        return answers


def test_a_round_in_which_too_few_answer_is_begun_again(tmp_path: Path) -> None:
    sites = {n: s for n, s in three_sites(tmp_path).items() if n in "ab"}
    rounds, scores = start(sites, agreement(2), tmp_path, Deaf)

    assert [set(done.received) for done in rounds] == [{"a", "b"}, {"a", "b"}]
    assert set(scores) == {"a", "b"}
    assert sites["a"].n_sent == 3


def test_who_gave_something_is_a_partner_though_it_is_gone_at_the_end(tmp_path: Path) -> None:
    class GoneAfterwards(LocalGrid):
        n_trained = 0

        def push_messages(self, messages):
            messages = list(messages)
            self.n_trained += messages[0].metadata.message_type == TRAIN
            return super().push_messages(messages)

        def get_node_ids(self):
            return [node for node in super().get_node_ids() if node != 3 or self.n_trained < 1]

    sites, told = three_sites(tmp_path), {}
    agreed = agreement(2, 3, min_sites=2, join_timeout_s=0.5)
    apps = {
        name: client_app(
            one, agreed.digest(), 1, SILENT[0], lambda *end, n=name: told.update({n: end})
        )
        for name, one in sites.items()
    }
    rounds, scores = start(sites, agreed, tmp_path, GoneAfterwards, apps)
    assert [set(done.trained) for done in rounds] == [{"a", "b", "c"}, {"a", "b"}]
    assert set(scores) == {"a", "b"}
    assert {n_partners for _, n_partners, _ in told.values()} == {3}


def test_a_site_that_goes_away_before_it_has_joined_is_greeted_anew(tmp_path: Path) -> None:
    class GoneAtFirst(LocalGrid):
        gone = True

        def pull_messages(self, message_ids):
            answers = list(super().pull_messages(message_ids))
            for k, answer in enumerate(answers):
                if self.gone and answer.metadata.src_node_id == 2:
                    self.gone = False
                    error = Error(ErrorCode.NODE_UNAVAILABLE, "gone")
                    answers[k] = Message(error, metadata=answer.metadata)
            return answers

    sites = {n: s for n, s in three_sites(tmp_path).items() if n in "ab"}
    rounds, scores = start(sites, agreement(1), tmp_path, GoneAtFirst)

    assert set(rounds[0].received) == set(scores) == {"a", "b"}


def test_a_stop_while_rounds_are_written_leaves_those_before(tmp_path: Path, monkeypatch) -> None:
    fresh = initial_weights(common_space(agreement()), 0)
    done = Progress(7, [Round(1, {"a": 0.5}, {"a": 0.6}, {})])
    resume(tmp_path, 7, fresh)
    save(tmp_path, fresh, done)

    def half(_arrays: object, file: Path) -> None:
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(progress, "save_file", half)
    for after in (done, replace(done, rounds=[*done.rounds, Round(2, {}, {}, {})])):
        with pytest.raises(KeyboardInterrupt):
            save(tmp_path, fresh, after)
        weights, kept = resume(tmp_path, 7, fresh)
        assert kept == done
        assert all(np.array_equal(weights[name], fresh[name]) for name in fresh)


def test_what_a_site_sends_is_told_as_it_is_and_not_taken_for_layout(capsys) -> None:
    from bci.cli.federate import _tell_round

    _tell_round(Round(1, {}, {}, {"b": "it holds ['[/x]'], not ['numbers']"}))
    assert "'[/x]'" in capsys.readouterr().err


def test_a_site_that_was_away_at_the_end_gets_its_model_from_the_next_start(
    tmp_path: Path,
) -> None:
    class DeafAtTheEnd(Deaf):
        kind = FINISH

    sites = {n: s for n, s in three_sites(tmp_path).items() if n in "ab"}
    agreed = agreement(1)
    with pytest.raises(FederationError, match="1 of at least 2 sites finished"):
        start(sites, agreed, tmp_path, DeafAtTheEnd)
    sites["a"].finish = None  # asked again, it would fail
    rounds, scores = start(sites, agreed, tmp_path)

    assert rounds == []
    assert set(scores) == {"a", "b"}
    assert not json.loads((tmp_path / "server" / "rounds.json").read_text())["banned"]


def test_a_site_that_answers_nonsense_is_excluded_and_too_few_are_named(tmp_path: Path) -> None:
    sites = {n: s for n, s in three_sites(tmp_path).items() if n in "ab"}

    def nonsense(message: Message, _context: Context) -> Message:
        return Message(RecordDict({"anything": ArrayRecord()}), reply_to=message)

    with pytest.raises(FederationError, match=r"1 of at least 2 sites joined \(b: it holds"):
        start(sites, agreement(join_timeout_s=0.1), tmp_path, apps={"b": nonsense})


def test_a_site_with_another_agreement_is_refused_by_name(tmp_path: Path) -> None:
    sites = {n: s for n, s in three_sites(tmp_path).items() if n in "ab"}
    told: list[str] = []
    stubborn = client_app(sites["b"], 1, 1, *SILENT, told.append)
    with pytest.raises(FederationError, match="b: its file of the federation differs"):
        start(sites, agreement(join_timeout_s=0.1), tmp_path, apps={"b": stubborn})
    assert told == [REFUSALS[1]]  # not left to wait for a server that asks it no more
    banned = json.loads((tmp_path / "server" / "rounds.json").read_text())["banned"]
    assert banned == {"b": REFUSALS[1]}


def test_who_is_left_out_in_a_round_that_failed_stays_so(tmp_path: Path) -> None:
    sites = {n: s for n, s in three_sites(tmp_path).items() if n in "ab"}
    sites["b"].train = None
    with pytest.raises(FederationError, match="b: its training failed"):
        start(sites, agreement(1), tmp_path)
    assert set(json.loads((tmp_path / "server" / "rounds.json").read_text())["banned"]) == {"b"}
    sites["a"].train = None  # asked again, it would fail
    with pytest.raises(FederationError, match=r"1 of at least 2 sites joined \(b: its training"):
        start(sites, agreement(1, join_timeout_s=0.1), tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: x\nsites: [{name: a}, {name: a}]", "two have the same name"),
        ("name: x\nsites: [{name: a}]\ntraining: {rounds: 0}", r"training\.rounds"),
        ("name: x\nsites: [{name: a}]\nserver: {host: 0.0.0.0}", "give certificate and key"),
        ("name: x\nsites: [{name: a}]\nmodle: {}", "modle: there is no such key"),
        ("name: x\nsites: [{name: a}]", r"server\.min_sites is 2, but there are 1 sites"),
    ],
)
def test_a_wrong_file_is_told_with_its_key(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "partners.yaml"
    file.write_text(text)
    with pytest.raises(ProfileError, match=told):
        load_federation(file)


def test_a_trunk_that_there_is_not_is_told_with_its_key() -> None:
    agreed = Federation(name="x", model=CommonSpace(trunk="oak"), sites=(Partner(name="a"),))
    with pytest.raises(ProfileError, match="model: there is no trunk 'oak'"):
        common_space(agreed)


def test_commands_keep_flower_from_reporting_and_an_import_changes_nothing() -> None:
    code = """
import os
import decoders.federation
assert not [key for key in os.environ if key.startswith("FLWR")]
from bci.cli import federate
federate._need_flower()
from flwr.supercore import telemetry
print(telemetry.FLWR_TELEMETRY_ENABLED, os.environ["FLWR_DISABLE_UPDATE_CHECK"])
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FLWR")}
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert printed.split() == ["0", "1"]


def test_a_privacy_budget_grows_with_every_change_sent() -> None:
    pytest.importorskip("dp_accounting", reason="needs dp-accounting: '.[federation]'")
    from decoders.federation.privacy import epsilon

    assert epsilon(1, 10.0, 1e-5) < epsilon(20, 10.0, 1e-5) < epsilon(20, 2.0, 1e-5)
    # Sensitivity is twice the norm: one release at noise 2 z is the classic mechanism at z.
    assert 0.3 < epsilon(1, 20.0, 1e-5) < 0.6

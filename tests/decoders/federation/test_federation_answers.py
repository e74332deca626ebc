"""What the server makes of sites' answers: what is sound, and what leaves a site out."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("flwr", reason="needs Flower: pip install -e '.[federation]'")

from flwr.app import Context, Error, Message
from flwr.common.constant import ErrorCode

from decoders.federation.agreement import Privacy
from decoders.federation.client_app import client_app
from decoders.federation.messages import FINISH, TRAIN
from decoders.federation.site import Clipping, length, longest_noise, make_private
from tests.decoders.federation.test_federated import site
from tests.decoders.federation.test_federation import SILENT, agreement, start, three_sites


def test_noise_that_was_agreed_on_leaves_no_site_out(tmp_path: Path) -> None:
    """As docs/federation.md has it: far above the largest change without privacy."""
    privacy = Privacy(clip_norm=1.0, noise_multiplier=5.0)
    agreed = agreement(2).model_copy(update={"privacy": privacy})
    clipping = Clipping(1.0, 5.0)
    sites = {
        name: site(tmp_path / name, 3, 100.0, 2.0, seed, clipping=clipping)
        for seed, name in enumerate("ab")
    }
    noisy = sites["a"].train(1, sites["a"].shapes).change
    assert length(noisy) > agreed.server.max_change

    rounds, scores = start(sites, agreed, tmp_path)

    assert [done.excluded for done in rounds] == [{}, {}]
    assert set(scores) == {"a", "b"}


def test_noise_is_allowed_for_and_little_more() -> None:
    clipping, rng = Clipping(2.0, 0.5), np.random.default_rng(0)
    nothing = {"a": np.zeros(900, np.float32)}
    norms = [length(make_private(nothing, clipping, rng)) for _ in range(300)]
    assert max(norms) < longest_noise(clipping, 900) < 1.2 * max(norms)


def test_an_error_without_a_reason_is_a_site_left_out(tmp_path: Path) -> None:
    sites, agreed = three_sites(tmp_path), agreement(1, 3)
    inner = client_app(sites["c"], agreed.digest(), 1, *SILENT)

    def mute(message: Message, context: Context) -> Message:
        if message.metadata.message_type == TRAIN:
            return Message(Error(ErrorCode.UNKNOWN), reply_to=message)
        return inner(message, context)

    rounds, scores = start(sites, agreed, tmp_path, apps={"c": mute})

    assert "error 0" in rounds[0].excluded["c"]
    assert {"a", "b"} <= set(scores)


@pytest.mark.parametrize("kind", [TRAIN, FINISH])
@pytest.mark.parametrize("accuracy", [1.5, -1e300])
def test_an_accuracy_that_is_none_leaves_a_site_out(
    kind: str, accuracy: float, tmp_path: Path
) -> None:
    sites, agreed = three_sites(tmp_path), agreement(1, 3)
    honest = sites["c"].train, sites["c"].finish
    if kind == TRAIN:
        sites["c"].train = lambda *given: replace(honest[0](*given), received=accuracy)
    else:
        sites["c"].finish = lambda *given: honest[1](*given) and accuracy

    rounds, scores = start(sites, agreed, tmp_path)

    assert set(scores) == {"a", "b"}
    assert all(math.isfinite(score) for score in scores.values())
    if kind == TRAIN:
        assert "its accuracy (received) is" in rounds[0].excluded["c"]
    assert "its accuracy" in (tmp_path / "server" / "rounds.json").read_text()

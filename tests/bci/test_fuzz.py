"""Random files and streams give a result or a typed error, never a crash or a hang."""

import contextlib

import pylsl
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bci.errors import BciError, StreamError
from bci.lsl.metadata import from_lsl
from bci.profiles.profile import load_profile

MODEST = hypothesis_settings(max_examples=150, deadline=None)

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["pipeline", "filters", "kind", "channels", "window_s", "paradigm", "classes",
                 "stream", "decoder", "output", "name", "hop_s", "low_hz", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@given(content=plain)
@hypothesis_settings(max_examples=50, deadline=None)
def test_any_yaml_is_a_profile_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: object
) -> None:
    path = tmp_path_factory.mktemp("profile") / "fuzz.yaml"
    path.write_text(yaml.safe_dump(content))
    with contextlib.suppress(BciError):
        assert load_profile(str(path)).name


@given(content=st.binary(max_size=400))
@MODEST
def test_any_bytes_are_a_profile_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("profile") / "fuzz.yaml"
    path.write_bytes(content)
    with contextlib.suppress(BciError):
        assert load_profile(str(path)).name


text = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cc", "Cs"]),
    max_size=30,
)


@given(
    labels=st.lists(text, max_size=8),
    units=st.lists(text, max_size=8),
    places=st.lists(text, max_size=8),
    n_channels=st.integers(0, 12_000),
    sfreq=st.floats(0, 1e9),
)
@MODEST
def test_any_stream_description_is_read_or_refused(
    labels: list[str], units: list[str], places: list[str], n_channels: int, sfreq: float
) -> None:
    described = pylsl.StreamInfo("fuzz", "EEG", n_channels, sfreq, "float32", "fuzz")
    channels = described.desc().append_child("channels")
    for label, unit, place in zip(labels, units, places, strict=False):
        node = channels.append_child("channel")
        node.append_child_value("label", label)
        node.append_child_value("unit", unit)
        node.append_child("location").append_child_value("X", place)
    try:
        info = from_lsl(described)
    except StreamError:
        assert not 1 <= n_channels <= 10_000 or not 0 <= sfreq <= 1e6
        return
    assert info.n_channels == n_channels
    assert len(set(info.ch_names)) == n_channels

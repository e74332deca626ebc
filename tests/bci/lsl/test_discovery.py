import uuid

import pytest

from bci.errors import StreamError
from bci.lsl.discovery import StreamQuery, list_streams, resolve
from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from tests.signals import eeg_info


@pytest.fixture
def name() -> str:
    return f"amp-{uuid.uuid4().hex[:8]}"


def test_a_stream_is_found_by_each_of_its_properties(name: str) -> None:
    outlet = SignalOutlet(eeg_info(name=name))
    for query in (
        StreamQuery(name=name),
        StreamQuery(name=name, type="EEG"),
        StreamQuery(source_id=name),
        StreamQuery(predicate=f"starts-with(name,'{name[:8]}') and channel_count=8"),
    ):
        found = resolve(query, 5.0)
        assert (found.info.name, found.channel_format) == (name, "float32")
    assert name in {stream.info.name for stream in list_streams(1.0)}
    outlet.close()


def test_when_none_fits_the_message_lists_what_there_is(name: str) -> None:
    outlet = SignalOutlet(eeg_info(name=name))
    resolve(StreamQuery(name=name), 5.0)
    with pytest.raises(StreamError, match=f"no LSL stream with name 'other'; there is.*'{name}'"):
        resolve(StreamQuery(name="other"), 0.5)
    outlet.close()


def test_when_several_fit_the_message_names_them(name: str) -> None:
    twins = [MarkerOutlet(name, f"{name}-{k}") for k in (1, 2)]
    with pytest.raises(StreamError, match=f"several LSL streams .*{name}-1.*{name}-2.*Choose one"):
        resolve(StreamQuery(name=name), 5.0)
    assert resolve(StreamQuery(source_id=f"{name}-2"), 5.0).info.source_id == f"{name}-2"
    for twin in twins:
        twin.close()


def test_quotes_in_a_name_cannot_change_the_query(name: str) -> None:
    tricky = f"{name}' or '1'='1"
    outlet = SignalOutlet(eeg_info(name=name))
    with pytest.raises(StreamError, match="no LSL stream"):
        resolve(StreamQuery(name=tricky), 0.3)
    outlet.close()


def test_a_name_that_xpath_cannot_express_is_found(name: str) -> None:
    tricky = f"a'b\"c {name}"
    outlet = SignalOutlet(eeg_info(name=tricky))
    assert resolve(StreamQuery(name=tricky), 5.0).info.name == tricky
    outlet.close()


def test_a_name_that_is_too_long_to_show_is_found(name: str) -> None:
    long = name + 1000 * "x"
    outlet = SignalOutlet(eeg_info(name=long))
    assert resolve(StreamQuery(name=long), 5.0).info.name == long[:200]
    outlet.close()


def test_a_predicate_that_is_not_xpath_is_refused(name: str) -> None:
    with pytest.raises(StreamError, match=r"not valid XPath|no LSL stream"):
        resolve(StreamQuery(predicate="name=="), 0.3)


@pytest.mark.parametrize("letters", [199, 200, 201, 300])
def test_a_stream_with_a_long_name_is_found_by_its_discovery_entry(name: str, letters: int) -> None:
    long = name + (letters - len(name)) * "x"
    outlet = SignalOutlet(eeg_info(2, 250.0, long))
    found = resolve(StreamQuery(name=long), 30.0)
    assert resolve(StreamQuery(name=found.info.name), 30.0).uid == found.uid
    outlet.close()

"""The signal of the web page, if another stream has the same name."""

import dataclasses
import uuid

import numpy as np
from pylsl import local_clock

from bci.bridges.web_signal import SignalWatch
from bci.lsl.discovery import StreamQuery
from bci.lsl.outlet import SignalOutlet
from bci.messages import BridgedQuality, BridgedSignal
from tests.signals import eeg_info
from tests.streams import send, wait_until


def test_of_two_headsets_of_one_name_the_engine_s_is_shown() -> None:
    name = f"headset-{uuid.uuid4().hex[:8]}"
    info = eeg_info(name=name)
    ours, other = (
        SignalOutlet(dataclasses.replace(info, source_id=f"{name}-{end}")) for end in "ab"
    )
    came: list[BridgedSignal | BridgedQuality] = []
    said: list[str] = []
    watch = SignalWatch((), 50.0, "run", came.extend, said.append)
    watch.follow(StreamQuery(name=name, source_id=f"{name}-a"))
    sent, began = 0, local_clock()

    def shows_all() -> bool:
        nonlocal sent
        send(ours, np.zeros((25, 8), np.float32), sent, began)
        sent += 25
        return {type(each) for each in came} == {BridgedSignal, BridgedQuality}

    wait_until(shows_all)
    watch.close()
    ours.close()
    other.close()
    assert said == []
    assert {each.stream for each in came} == {name}

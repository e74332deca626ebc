"""The list of devices, made by a process."""

import sys

import pytest
from pytestqt.qtbot import QtBot

from gui.connect.device_catalogue import DeviceCatalogue

LONG = 40_000


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print('[1]')", "[1]"),
        ("""print('{"event": "devices", "devices": [{"name": "x"}]}')""", "devices"),
        ("import sys; sys.exit('error: no brain')", "made: no brain"),
        ("", "exit code 0"),
    ],
)
def test_an_answer_that_is_no_list_of_devices_is_refused(
    qtbot: QtBot, code: str, said: str
) -> None:
    catalogue = DeviceCatalogue((sys.executable, "-c", code))
    with qtbot.waitSignal(catalogue.failed, timeout=LONG) as caught:
        catalogue.fetch()
    assert said in caught.args[0]

import uuid

import pylsl
import pytest

from bci.errors import StreamError
from bci.lsl.discovery import StreamQuery, resolve


@pytest.mark.slow
def test_what_this_program_publishes_is_not_offered_as_a_signal() -> None:
    name = uuid.uuid4().hex[:8]
    outlets = [
        pylsl.StreamOutlet(pylsl.StreamInfo(f"{name}-{kind}", kind, 1, 0, "string", name + kind))
        for kind in ("Status", "Notes")
    ]
    with pytest.raises(StreamError) as caught:
        resolve(StreamQuery(name="nothing"), timeout_s=3.0)
    assert f"{name}-Notes" in str(caught.value)
    assert f"{name}-Status" not in str(caught.value)
    del outlets

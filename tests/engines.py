"""Live engines for tests, each in a thread of its own."""

import queue
import threading
import uuid
from dataclasses import dataclass, field

from bci.engine.engine import Engine
from bci.engine.hot_swap import Load
from bci.lsl.discovery import StreamQuery
from bci.models.load import Model
from bci.profiles.profile import Output
from bci.profiles.stimulus import Stimulus, Triggers
from bci.training.calibrate import Calibration


@dataclass
class Live:
    """An engine in a thread, and what it was heard to say."""

    name: str
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread = field(default_factory=threading.Thread)
    commands: "queue.SimpleQueue[str]" = field(default_factory=queue.SimpleQueue)
    said: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)


def start_engine(
    trained: Calibration | Model,
    stream: str,
    wait_s: float | None = 20.0,
    load: Load | None = None,
    markers: StreamQuery | None = None,
    triggers: Triggers | None = None,
    stimulus: Stimulus | None = None,
    **output: object,
) -> Live:
    """An engine that decides at every confidence, unless ``output`` says otherwise."""
    live = Live(f"engine-{uuid.uuid4().hex[:8]}")
    given = {"name": live.name, "decision_threshold": 0.0, **output}
    engine = Engine(
        trained.card,
        trained.decoder,
        StreamQuery(name=stream),
        Output.model_validate(given),
        live.said.append,
        markers,
        load=load,
        triggers=triggers,
        stimulus=stimulus,
    )

    def work() -> None:
        try:
            engine.run(live.stop, wait_s, live.commands)
        except Exception as error:
            live.errors.append(error)

    live.thread = threading.Thread(target=work)
    live.thread.start()
    return live


def end(live: Live) -> None:
    live.stop.set()
    live.thread.join(5.0)
    assert not live.thread.is_alive(), "the engine did not stop"
    assert live.errors == []

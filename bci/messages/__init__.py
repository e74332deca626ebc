"""Typed messages that cross a process border: statuses on LSL, events on standard output.

Each is one JSON object on one line. A status goes over an LSL stream of texts twice a second; an
event is a line that a long command prints with ``--json``. A reader gets either by `read_status`
or `read_event`, which check every field and take nothing on trust: texts are cut, numbers that are
out of range are refused, and keys that a later version may add are left out.

``version`` is of the format: it grows when a field changes its meaning or goes, and a reader
refuses a version that it does not know. A new field alone does not make a new version.

`docs/reference/messages.md` lists every field with its unit; `bci.messages.write_docs` writes it
from here.

- fields: types of fields, with their bounds
- quality_reasons: reasons why a channel is not good
- statuses: messages on LSL
- general, listings, live, training, evaluation: events on standard output
- spelling: texts of a speller
- bridged: messages of bridges to other programs
- reading: all kinds, checked
- write_docs: the page of all fields
"""

from bci.messages.bridged import (
    AnyBridged,
    BridgedChannel,
    BridgedDecision,
    BridgedPrediction,
    BridgedQuality,
    BridgedSignal,
    BridgedState,
    BridgedStatus,
    BridgedTrace,
)
from bci.messages.evaluation import (
    CoursePoint,
    EvaluatedTrial,
    EvaluationEvent,
    Figure,
    PredictedEvent,
    VerifyEvent,
)
from bci.messages.fields import VERSION, Count, Message, Number, Seconds, Share, Text
from bci.messages.general import (
    ErrorEvent,
    Event,
    FileEvent,
    NoteEvent,
    ProgressEvent,
    WarningEvent,
)
from bci.messages.listings import (
    DeviceEntry,
    DevicesEvent,
    ParameterEntry,
    PluginEntry,
    PluginsEvent,
)
from bci.messages.live import (
    BaselineEvent,
    DecidedEvent,
    FeedbackRunEvent,
    JudgedChannel,
    PeopleEvent,
    PersonEvent,
    QualityEvent,
    RecordedEvent,
    RecordingEvent,
    StoppedEvent,
    StreamingEvent,
)
from bci.messages.reading import (
    MAX_STATUS,
    AnyEvent,
    AnyStatus,
    read_bridged,
    read_event,
    read_spelled,
    read_status,
)
from bci.messages.spelling import Spelled
from bci.messages.statuses import (
    EngineStatus,
    FilterReport,
    PeopleStatus,
    Person,
    RecordedStream,
    RecorderStatus,
    WindowCounts,
)
from bci.messages.training import (
    AccuracyFigure,
    ModelEvent,
    OutcomeEvent,
    PointEvent,
    RoundEvent,
    RunEvent,
    SitesEvent,
    StepEvent,
)

"""Typed messages that cross a process border: statuses on LSL, events on standard output.

Each is one JSON object on one line. A status is sent on an LSL stream of text twice per second. An
event is a line that a long command prints with ``--json``. `read_status` and `read_event` check
every field: long texts are cut, numbers out of range are refused, and unknown keys of later
versions are ignored.

``version`` is the version of the format. It increases when a field changes its meaning or is
removed. A reader refuses an unknown version. A new field does not change the version.

`docs/reference/messages.md` lists every field with its unit; `bci.messages.write_docs` writes it
from this package.


- fields: types of fields, with their limits
- quality_reasons: reasons why a channel is not good
- statuses: messages on LSL
- general, listings, live, training, evaluation: events on standard output
- spelling: texts of a speller
- bridged: messages of bridges to other programs
- reading: functions that read and check all kinds
- write_docs: writer of the page of all fields
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

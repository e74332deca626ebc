"""All sites in one process: Flower's client apps behind a grid that needs no network.

Flower's own simulation starts Ray, whose workers each load PyTorch and exchange pickles; on one
machine with a few sites that costs more than it gives. Every message is written to Flower's bytes
and read back, so that what a simulation sends is what a deployment sends.
"""

from collections.abc import Iterable, Mapping

from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import SUPERLINK_NODE_ID
from flwr.serverapp import Grid
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

_THE_RUN = 1


class LocalGrid(Grid):  # type: ignore[misc, unused-ignore]
    """A grid that calls client apps in turn.

    Parameters
    ----------
    apps : mapping of int to ClientApp
        By node number, from 1.
    """

    def __init__(self, apps: Mapping[int, ClientApp]) -> None:
        self._apps = dict(apps)
        self._run = Run.create_empty(_THE_RUN)
        self._replies: dict[str, Message] = {}
        # Flower stamps messages with who makes them, process-wide.
        TaskIdentity.task_id = TaskIdentity.run_id = _THE_RUN
        TaskIdentity.node_id = SUPERLINK_NODE_ID

    def set_run(self, run: Run) -> None:
        self._run = run

    @property
    def run(self) -> Run:
        return self._run

    def create_message(
        self, content: RecordDict, message_type: str, dst_node_id: int, group_id: str,
        ttl: float | None = None,
    ) -> Message:  # fmt: skip
        return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)

    def get_node_ids(self) -> Iterable[int]:
        return list(self._apps)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Let each site answer at once."""
        numbers = []
        for message in messages:
            numbers.append(self._number(message))
            node = message.metadata.dst_node_id
            context = Context(_THE_RUN, node, {}, RecordDict(), {})
            answer = self._apps[node](self.carry(message), context)
            self._replies[numbers[-1]] = self.carry(answer)
        return numbers

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        return [self._replies.pop(number) for number in message_ids if number in self._replies]

    def send_and_receive(
        self,
        messages: Iterable[Message],
        *,
        timeout: float | None = None,  # noqa: ARG002 - nothing here waits for anything
    ) -> Iterable[Message]:
        return self.pull_messages(self.push_messages(messages))

    def carry(self, message: Message) -> Message:
        """A message as it arrives: written to bytes and read back."""
        parts = {key: part.deflate() for key, part in get_all_nested_objects(message).items()}
        arrived = inflate_object_from_contents(message.object_id, parts)
        assert isinstance(arrived, Message)
        self._number(arrived)
        return arrived

    @staticmethod
    def _number(message: Message) -> str:
        number: str = message.object_id
        message.metadata.__dict__["_message_id"] = number
        return number

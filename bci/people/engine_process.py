"""One person's engine in a process of its own: its events, its end and its restart."""

import time
from collections import deque
from collections.abc import Callable

from bci.messages import AnyEvent, NoteEvent
from bci.people.child import ForkedCommand
from bci.people.group import Member

# A process that dies more often would die again.
_MAX_RESTARTS, _WITHIN_S = 3, 60.0
_ENDED, _REFUSED = 0, 2


class EngineProcess:
    """Run one engine; restart it after a crash, at most three times within a minute.

    ``report`` gets its events with its name. Set ``worked`` at its first status: an engine that
    never published a status is not restarted.
    """

    def __init__(
        self,
        member: Member,
        options: tuple[str, ...],
        report: Callable[[str, AnyEvent], None],
    ) -> None:
        self.member = member
        self.restarts = 0
        self.worked = False
        self._report = report
        self._arguments = ("run", member.profile, "--name", member.name, *options)
        self._restarted: deque[float] = deque(maxlen=_MAX_RESTARTS)
        self._child: ForkedCommand | None = None

    @property
    def is_running(self) -> bool:
        return self._child is not None

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    def start(self) -> None:
        self._child = ForkedCommand(self._arguments)

    def send(self, line: str) -> None:
        """Send a command to it, as ``use FOLDER``."""
        if self._child is not None:
            self._child.send(line)

    def poll(self, stopping: bool = False) -> None:
        """Pass its events to ``report``; restart it after a crash unless the session stops."""
        if (child := self._child) is None:
            return
        # Before its events: whatever it printed until then is there.
        code = child.code
        for event in child.events():
            self._report(self.member.name, event)
        if code is None:
            return
        self._child = None
        child.close()
        if stopping or code in (_ENDED, _REFUSED):
            return
        why = self._why_no_restart()
        words = f" ({child.last_words():.300})" if child.last_words() else ""
        self._note(f"its engine died with exit code {code}{words}; {why or 'it is started again'}")
        if not why:
            self.restarts += 1
            self.start()

    def _why_no_restart(self) -> str:
        now = time.monotonic()
        if not self.worked:
            return "it never published a status, so it is not started again"
        if len(self._restarted) == _MAX_RESTARTS and now - self._restarted[0] < _WITHIN_S:
            return f"it died {_MAX_RESTARTS + 1} times within a minute, so it is left"
        self._restarted.append(now)
        return ""

    def close(self) -> None:
        """Ask it to end; returns at once."""
        if self._child is not None:
            self._child.close()

    def kill(self) -> None:
        """End it at once: it did not follow `close`."""
        if self._child is not None:
            self._child.kill()

    def _note(self, text: str) -> None:
        self._report(self.member.name, NoteEvent(text=text))

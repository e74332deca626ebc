"""A session as it was filled in."""

from dataclasses import dataclass
from pathlib import Path

from bci.profiles.neurofeedback import Neurofeedback
from bci.recording.bids.names import Session


@dataclass(frozen=True)
class FeedbackChoice:
    """The profile, the recording, and the subject's screen."""

    profile: str
    protocol: Neurofeedback
    # Prefix of the session's streams.
    name: str
    # None: nothing is recorded.
    session: Session | None
    full_screen: bool
    screen: str
    # Recording of another subject's session, and the code by which real or sham is drawn.
    sham: Path | None = None
    code: str = ""

    def arguments(self, stream: str) -> tuple[str, ...]:
        """Arguments of ``bci neurofeedback`` for a session that is guided."""
        sham = (f"--sham={self.sham}",) if self.sham is not None else ()
        drawn = (f"--allocate={self.code}",) if self.sham is not None and self.code else ()
        return (
            "neurofeedback", self.profile, f"--stream={stream}", f"--name={self.name}", *sham,
            *drawn, "--guided", "--json", "--with-parent",
        )  # fmt: skip

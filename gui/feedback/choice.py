"""The settings of a neurofeedback session, as the user filled them in."""

from dataclasses import dataclass
from pathlib import Path

from bci.profiles.neurofeedback import Neurofeedback
from bci.recording.bids.names import Session


@dataclass(frozen=True)
class FeedbackChoice:
    """The settings of a session: profile, recording, subject's screen, and sham."""

    profile: str
    protocol: Neurofeedback
    # Prefix of the names of the session's streams.
    name: str
    # Names the file of the recording; None to record nothing.
    session: Session | None
    full_screen: bool
    screen: str
    # Recording of another subject's session whose feedback is replayed as sham; and a participant
    # code that allocates real or sham feedback. Without a code the feedback is sham.
    sham: Path | None = None
    code: str = ""

    def arguments(self, stream: str) -> tuple[str, ...]:
        """Return the command-line arguments of the session, which reads ``stream``."""
        sham = (f"--sham={self.sham}",) if self.sham is not None else ()
        drawn = (f"--allocate={self.code}",) if self.sham is not None and self.code else ()
        return (
            "neurofeedback", self.profile, f"--stream={stream}", f"--name={self.name}", *sham,
            *drawn, "--guided", "--json", "--with-parent",
        )  # fmt: skip

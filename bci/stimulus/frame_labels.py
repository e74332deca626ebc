"""Labels of markers about frames; these markers are notes and no cues."""

from collections.abc import Iterable
from math import nan

from bci.signals import FRAME_NOTES, Marker, Recording
from bci.stimulus.frame_log import FrameSummary
from bci.stimulus.frames import PacedBy

_DROPPED, _RUN = f"{FRAME_NOTES}dropped/", f"{FRAME_NOTES}run/"


def dropped_label(n: int) -> str:
    """Label of the marker at a swap after which ``n`` frames were dropped."""
    return f"{_DROPPED}{n}"


def summary_label(summary: FrameSummary) -> str:
    """Label of the marker at the end of a run; `summaries` reads it."""
    fields = {
        "shown": f"{summary.shown}",
        "dropped": f"{summary.dropped}",
        "late": f"{summary.late}",
        "hz": f"{summary.refresh_hz:.3f}",
        "sd-ms": f"{1000 * summary.jitter_sd_s:.3f}",
        "p99-ms": f"{1000 * summary.jitter_p99_s:.3f}",
        "paced-by": summary.paced_by.value.replace(" ", "-"),
    }
    return _RUN + "/".join(f"{key}={value}" for key, value in fields.items())


def summaries(markers: Iterable[Marker]) -> list[FrameSummary]:
    """Read the summaries of the runs from a recording's markers; other labels are ignored."""
    found = (_read(marker.label) for marker in markers)
    return [summary for summary in found if summary is not None]


def joined(parts: Iterable[FrameSummary]) -> FrameSummary | None:
    """Join the summaries of one recording's runs: sums of counts, the largest jitter.

    None if ``parts`` is empty.
    """
    parts = list(parts)
    if not parts:
        return None
    timed = [part.paced_by for part in parts if part.paced_by is PacedBy.TIMER]
    return FrameSummary(
        sum(part.shown for part in parts),
        sum(part.dropped for part in parts),
        sum(part.late for part in parts),
        parts[-1].refresh_hz,
        max(part.jitter_sd_s for part in parts),
        max(part.jitter_p99_s for part in parts),
        PacedBy.TIMER if timed else PacedBy.VERTICAL_SYNC,
    )


def frames_of(recording: Recording) -> FrameSummary | None:
    """Read the joined frame summary of a recording; None if no presenter wrote one."""
    streams = recording.marker_streams
    markers = [m for each in streams for m in each.markers] if streams else recording.markers
    return joined(summaries(markers))


def lost_frames(recording: Recording) -> float | None:
    """Share of a recording's frames that were dropped or late, 0 to 1.

    None if it is not above the limit `MOST_LOST`, or if no presenter wrote a frame summary.
    """
    frames = frames_of(recording)
    return round(frames.lost, 5) if frames is not None and frames.is_marked else None


def _read(label: str) -> FrameSummary | None:
    if not label.startswith(_RUN):
        return None
    fields = dict(part.partition("=")[::2] for part in label.removeprefix(_RUN).split("/"))
    try:
        return FrameSummary(
            int(fields["shown"]),
            int(fields["dropped"]),
            int(fields["late"]),
            float(fields.get("hz", nan)),
            float(fields.get("sd-ms", nan)) / 1000,
            float(fields.get("p99-ms", nan)) / 1000,
            PacedBy(fields["paced-by"].replace("-", " ")),
        )
    except (KeyError, ValueError):
        return None

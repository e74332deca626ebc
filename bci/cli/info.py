"""Command ``bci info``: summarise a recording."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bci.cli.console import out
from bci.cli.events import JsonResult, print_result

_MOST_LABELS = 12


_KINDS_OF_LABELS = {
    "notes": "notes", "decisions": "decisions (no cues)",
    "texts": "texts (cues only if --markers names them)",
}  # fmt: skip


def info(
    file: Annotated[Path, typer.Argument(help="A recording of any format that can be read.")],
    as_json: JsonResult = False,
) -> None:
    """Print the content of a recording: streams, channels, rates, gaps, drift, markers.

    Example: bci info recordings/sub-07/ses-1/eeg/sub-07_ses-1_task-motorimagery_run-01_eeg.xdf
    """
    from bci.channels.description import listed
    from bci.recording.summary import describe_recording
    from bci.signals import Marker, is_frame_note
    from bci.stimulus.frame_labels import joined, summaries
    from bci.stimulus.frame_words import described, warning_of
    from bci.stimulus.offset_label import recorded_offsets

    reports = describe_recording(file)
    if as_json:
        print_result([dataclasses.asdict(report) for report in reports])
        return
    table = Table(
        "Stream", "Type", "Format", "Channels", "Samples", "Length (s)", "Rate: nominal",
        "effective", "Gaps", "Lost", "Longest (s)", "Clock set", "Drift (ppm)",
    )  # fmt: skip
    for r in reports:
        regular = r.nominal_hz > 0
        table.add_row(
            f"{r.name}{' (simulated)' if r.simulated else ''}", r.type, r.channel_format,
            str(r.n_channels), str(r.n_samples), f"{r.duration_s:.1f}",
            f"{r.nominal_hz:g}" if regular else "irregular",
            f"{r.effective_hz:.3f}" if r.effective_hz and r.n_samples else "",
            str(r.gaps) if regular else "", str(r.lost_samples) if regular else "",
            f"{r.longest_gap_s:.2f}" if r.gaps else "", str(r.clock_jumps) if regular else "",
            "" if r.drift_ppm is None else f"{r.drift_ppm:+.1f}",
        )  # fmt: skip
    out.print(table)
    for r in reports:
        if r.channels:
            out.print(f"channels of {r.name}: {listed(r.channels)}")
        for remark in r.findings:
            out.print(f"{r.name}: {remark}")
    for r in reports:
        if r.markers:
            markers = r.markers
            for offset in recorded_offsets(markers):
                out.print(f"stimulus offset of {r.name}: {offset}")
            if frames := joined(summaries(Marker(0.0, label) for label in markers)):
                out.print(f"frames of {r.name}: {described(frames)}")
                if warning := warning_of(frames):
                    out.print(f"frames of {r.name}: {warning}")
            markers = {label: n for label, n in markers.items() if not is_frame_note(label)}
            shown = [f"{label:.60} x{n}" for label, n in markers.items()][:_MOST_LABELS]
            more = len(markers) - len(shown)
            kind = _KINDS_OF_LABELS.get(r.role, "markers")
            out.print(
                f"{kind} of {r.name}: {', '.join(shown)}{f' and {more} more' if more else ''}"
            )
        elif r.role == "own" and r.n_samples:
            out.print(f"{r.name}: {r.n_samples} messages of bci, no cues")

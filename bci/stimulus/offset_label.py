"""Label of the marker that stores the stimulus offset of the set-up in a recording."""

from collections.abc import Iterable

from pydantic import ValidationError

from bci.profiles.stimulus import Stimulus
from bci.signals import FRAME_NOTES, Recording

_BEGIN = f"{FRAME_NOTES}stimulus/"
_UNMEASURED = f"{_BEGIN}unmeasured"


def offset_label(stimulus: Stimulus | None) -> str:
    """Label of the marker at the start of a run that states the stimulus offset; it is no cue."""
    if stimulus is None:
        return _UNMEASURED
    fields = [f"offset-ms={1000 * stimulus.offset_s:.2f}"]
    if stimulus.spread_s is not None:
        fields.append(f"sd-ms={1000 * stimulus.spread_s:.2f}")
    if stimulus.screen:
        fields.append(f"screen={stimulus.screen.replace('/', ' ')}")
    return _BEGIN + "/".join(fields)


def recorded_offsets(labels: Iterable[str]) -> list[Stimulus]:
    """Read the stimulus offsets from a recording's marker labels; other labels are ignored."""
    found = (_read(label) for label in labels)
    return [each for each in found if each is not None]


def offset_warning(recording: Recording, here: Stimulus | None) -> str | None:
    """Return a warning if a recording's offset differs from the profile's ``here``, else None."""
    own = recorded_offsets(marker.label for marker in recording.markers)
    if not own:
        return None
    if here is None:
        return (
            f"recorded with a stimulus offset of {own[-1]}, and the profile has none: its cues are "
            "taken at their markers"
        )
    if all(each.agrees_with(here) for each in own):
        return None
    return (
        f"recorded with a stimulus offset of {own[-1]}, and the profile has {here}, which is used"
    )


def _read(label: str) -> Stimulus | None:
    if not label.startswith(_BEGIN):
        return None
    fields = dict(part.partition("=")[::2] for part in label.removeprefix(_BEGIN).split("/"))
    try:
        sd_ms = fields.get("sd-ms")
        return Stimulus(
            offset_s=round(float(fields["offset-ms"]) / 1000, 5),
            spread_s=None if sd_ms is None else round(float(sd_ms) / 1000, 5),
            screen=fields.get("screen", "")[:200],
        )
    except (KeyError, ValueError, ValidationError):
        return None

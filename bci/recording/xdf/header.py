"""Fields of a stream's header in an XDF file, as pyxdf gives them."""

from typing import Any

_MOST_TEXT = 200


def field_of(stream: dict[str, Any], name: str) -> str:
    """A field of a stream's header; empty where it has none."""
    return first_of(stream["info"], name)


def desc_of(stream: dict[str, Any], name: str) -> str:
    """A field of what a stream says of itself beyond the usual, lower case."""
    desc = (stream["info"].get("desc") or [None])[0]
    return first_of(desc, name).lower() if isinstance(desc, dict) else ""


def channel_nodes(stream: dict[str, Any]) -> list[dict[str, Any]]:
    """Find the header's node of each channel; an empty one where it has none."""
    desc = (stream["info"].get("desc") or [None])[0] or {}
    channels = (desc.get("channels") or [None])[0] if isinstance(desc, dict) else None
    listed = (channels.get("channel") or []) if isinstance(channels, dict) else []
    n_channels = int(field_of(stream, "channel_count"))
    nodes = [node if isinstance(node, dict) else {} for node in listed[:n_channels]]
    return nodes + [{}] * (n_channels - len(nodes))


def first_of(node: dict[str, Any], name: str) -> str:
    """The first text of that name in a node; empty where there is none."""
    value = (node.get(name) or [""])[0]
    return value.strip()[:_MOST_TEXT] if isinstance(value, str) else ""

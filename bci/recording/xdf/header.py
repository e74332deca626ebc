"""Fields of a stream's header in an XDF file, as pyxdf gives them."""

from typing import Any

_MAX_TEXT = 200


def field_of(stream: dict[str, Any], name: str) -> str:
    """Return the header field ``name`` of a stream; empty if missing."""
    return first_of(stream["info"], name)


def desc_of(stream: dict[str, Any], name: str) -> str:
    """Return the field ``name`` of the header's ``desc``, in lower case; empty if missing."""
    desc = (stream["info"].get("desc") or [None])[0]
    return first_of(desc, name).lower() if isinstance(desc, dict) else ""


def channel_nodes(stream: dict[str, Any]) -> list[dict[str, Any]]:
    """List the header's node of each channel; an empty node for a channel without one."""
    desc = (stream["info"].get("desc") or [None])[0] or {}
    channels = (desc.get("channels") or [None])[0] if isinstance(desc, dict) else None
    listed = (channels.get("channel") or []) if isinstance(channels, dict) else []
    n_channels = int(field_of(stream, "channel_count"))
    nodes = [node if isinstance(node, dict) else {} for node in listed[:n_channels]]
    return nodes + [{}] * (n_channels - len(nodes))


def first_of(node: dict[str, Any], name: str) -> str:
    """Return the first text called ``name`` in a node, cut to 200 characters; empty if missing."""
    value = (node.get(name) or [""])[0]
    return value.strip()[:_MAX_TEXT] if isinstance(value, str) else ""

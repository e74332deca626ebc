"""Access rules of the web page: host, origin and token of a request."""

import hmac
import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from bci.errors import BciError

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
MIN_TOKEN = 16


class AccessError(BciError):
    """Error: the web page may not be served with these settings."""


@dataclass(frozen=True, slots=True)
class Access:
    """Access rules for requests.

    A web site can make a visitor's browser connect to this computer, under a name of its own (DNS
    rebinding) or under this computer's name. So on loopback, the name in ``Host`` must be a
    loopback name. The origin of a page must be this server or one of ``origins``. A program that
    is no browser sends no origin.
    """

    port: int
    is_loopback: bool
    token: str | None
    origins: Collection[str] = ()

    def host_problem(self, host: str | None) -> str:
        """Return the problem of the header ``Host``; empty if there is none."""
        if host is None:
            return "a request needs a host"
        if not self.is_loopback:
            return ""
        try:
            parts = urlsplit(f"//{host}")
            fits = parts.hostname in _LOOPBACK_NAMES and (parts.port or 80) == self.port
        except ValueError:
            fits = False
        return "" if fits else "this host name is not served"

    def origin_problem(self, origin: str | None, host: str | None) -> str:
        """Return the problem of the header ``Origin``; empty if there is none."""
        own = (f"http://{host}", f"https://{host}")
        if origin is None or origin in own or origin in self.origins:
            return ""
        return "pages of this origin may not connect; see the parameter origins"

    def token_problem(self, given: str | None) -> str:
        """Return the problem of the token; empty if there is none.

        The comparison takes the same time for any token.
        """
        if self.token is None:
            return ""
        encoded = (given or "").encode(errors="replace")
        if hmac.compare_digest(encoded, self.token.encode()):
            return ""
        return "the token is missing or wrong"


def make_access(host: str, port: int, token: str | None, origins: Collection[str]) -> Access:
    """Make the access rules for a server that listens on ``host`` and ``port``.

    Raises
    ------
    AccessError
        If other computers can reach the address and there is no token, or the host has no address.
    """
    try:
        addresses = {each[4][0] for each in socket.getaddrinfo(host, port)}
    except (OSError, UnicodeError) as error:
        raise AccessError(f"host: {host!r} has no address on this computer") from error
    is_loopback = all(ipaddress.ip_address(str(each)).is_loopback for each in addresses)
    if not is_loopback and token is None:
        raise AccessError(
            f"host={host} lets other computers connect: give a token of {MIN_TOKEN} characters or "
            "more, with token_file=FILE, or leave host out"
        )
    return Access(port, is_loopback, token, origins)

"""Bridge ``websocket``: messages to web pages and programs, and a page that shows them."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from pydantic import Field, field_validator

from bci.bridges.engine_client import EngineClient, EngineName
from bci.bridges.translation import Translation
from bci.bridges.web_access import MIN_TOKEN, AccessError, make_access
from bci.errors import PluginError
from bci.lsl.discovery import StreamQuery
from bci.messages import EngineStatus
from bci.plugins.installing import how_to_install
from bci.profiles.pipeline_settings import Label, Settings

_POLL_S = 0.1
_MAX_CLASSES = 48
_MAX_TOKEN_FILE = 4096


class WebSocketSettings(Settings):
    """Parameters of the bridge ``websocket``."""

    engine: EngineName = Field(default="bci", description="Name of the engine.")
    host: str = Field(
        default="127.0.0.1", min_length=1, max_length=255,
        description="Address to listen on; another than this computer's own needs a token.",
    )  # fmt: skip
    port: int = Field(default=8765, ge=1, le=65535, description="Port of the page.")
    token_file: str | None = Field(
        default=None, min_length=1, max_length=4096,
        description=f"File with the token that receivers have to give, {MIN_TOKEN} characters or "
        "more.",
    )  # fmt: skip
    origins: tuple[str, ...] = Field(
        default=(), max_length=20,
        description="Web pages elsewhere that may connect: http://localhost:8000,...",
    )  # fmt: skip
    clients: int = Field(default=8, ge=1, le=50, description="Most receivers at a time.")
    signal: bool = Field(default=True, description="Send the signal and its quality too.")
    channels: tuple[Label, ...] = Field(
        default=(), max_length=8, description="Channels of the signal, at most 8; default: four."
    )
    line_hz: float = Field(default=50.0, ge=40, le=70, description="Power line, in Hz.")

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for origin in given:
            scheme, _, name = origin.partition("://")
            # "null" is refused, because any site can make a page with this origin.
            if scheme not in ("http", "https") or not name or "/" in name or "*" in name:
                raise ValueError(f"{origin!r:.60} is not like http://localhost:8000")
        return given


class WebSocketBridge:
    """Decisions, probabilities, quality and a few channels on a web page and a WebSocket."""

    settings = WebSocketSettings
    needs = ("websockets",)

    def __init__(self, settings: WebSocketSettings) -> None:
        self._settings = settings
        self.report: Callable[[str], None] = lambda _: None
        try:
            import websockets  # noqa: F401 - a missing package is an error before anything starts
        except ImportError as error:
            raise PluginError(
                f"websocket needs websockets: {how_to_install('websockets')}"
            ) from error
        self._token = _read_token(settings.token_file)

    def run(self, stop: threading.Event) -> None:
        """Serve receivers until ``stop`` is set; see `bci.interfaces.Bridge`.

        Raises `AccessError` if other computers could connect without a token, and `ServeError` if
        the port is in use.
        """
        from bci.bridges.web_server import ServeError, WebServer
        from bci.bridges.web_signal import SignalWatch

        wanted = self._settings
        access = make_access(wanted.host, wanted.port, self._token, wanted.origins)
        translation = Translation(wanted.engine, _MAX_CLASSES)
        server = WebServer(wanted.host, access, translation.run, wanted.clients)

        watch = SignalWatch(
            wanted.channels, wanted.line_hz, translation.run, server.publish, self.report
        )
        try:
            with EngineClient(wanted.engine, self.report) as client:
                name = "localhost" if access.is_loopback else wanted.host
                ending = "/#token=..." if self._token is not None else "/"
                self.report(f"serving http://{name}:{wanted.port}{ending}")
                while not stop.is_set():
                    if not server.is_alive:
                        raise ServeError("the web server has ended; start the bridge again")
                    messages = []
                    for event in client.poll(_POLL_S):
                        if wanted.signal and isinstance(event, EngineStatus) and event.stream:
                            # Headsets of the same model have streams of the same name.
                            source = event.source_id or None
                            watch.follow(StreamQuery(name=event.stream, source_id=source))
                        messages.append(translation.take(event))
                    messages.append(translation.heartbeat())
                    server.publish([each for each in messages if each is not None])
        finally:
            watch.close()
            server.close()
        if dropped := server.clients.n_dropped + server.n_flooded:
            self.report(f"{dropped} receivers were dropped: too slow, or they sent too much")


def _read_token(file: str | None) -> str | None:
    if file is None:
        return None
    try:
        with Path(file).open("rb") as opened:
            token = opened.read(_MAX_TOKEN_FILE).decode().strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise AccessError(f"token_file: {file}: {reason}") from error
    if len(token) < MIN_TOKEN or not token.isascii() or not token.isprintable():
        raise AccessError(
            f"token_file: {file}: a token has {MIN_TOKEN} letters and digits or more; "
            "python -c 'import secrets; print(secrets.token_urlsafe())' makes one"
        )
    if os.name == "posix" and Path(file).stat().st_mode & 0o077:
        raise AccessError(f"token_file: {file}: other people can read it; chmod 600 {file}")
    return token

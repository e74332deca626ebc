"""A real headless browser, driven by its protocol; tests are skipped without one."""

import base64
import json
import re
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.request import Request, urlopen

import pytest
from websockets.sync.client import connect

from tests.streams import wait_until

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--no-first-run", "--disable-background-networking", "--disable-extensions", "--mute-audio",
    "--remote-debugging-port=0", "--window-size=1200,900",
)  # fmt: skip


class Browser:
    """A page in a browser; use it in a ``with`` block."""

    def __init__(self, dark: bool = False) -> None:
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if program is None:
            pytest.skip("there is no Chromium: apt-get install chromium")
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [program, *FLAGS, f"--user-data-dir={folder}", "about:blank"],
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self._n_sent, self._open = 0, ExitStack()
        self.said: list[str] = []  # Console messages and errors of the page
        try:
            port = wait_until(lambda: listening_port(folder / "log"))
            # Newer versions create a page only by PUT.
            request = Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT")
            with urlopen(request, timeout=30) as answer:
                address = json.load(answer)["webSocketDebuggerUrl"]
            self._page = self._open.enter_context(connect(address, max_size=1 << 26))
            for domain in ("Page", "Runtime", "Log"):
                self.call(f"{domain}.enable")
            if dark:
                feature = {"name": "prefers-color-scheme", "value": "dark"}
                self.call("Emulation.setEmulatedMedia", features=[feature])
        except BaseException:
            self.close()
            raise

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the protocol; return its result."""
        self._n_sent += 1
        self._page.send(json.dumps({"id": self._n_sent, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._page.recv(timeout=60))
            self._note(message)
            if message.get("id") == self._n_sent:
                assert "error" not in message, message
                return dict(message["result"])

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("method") in (
            "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded",
        ):  # fmt: skip
            self.said.append(json.dumps(message["params"]))

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)
        wait_until(lambda: self.run("document.readyState") == "complete")

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page; promises are awaited."""
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def text(self, element: str) -> str:
        return str(self.run(f"document.getElementById({element!r})?.innerText"))

    def screenshot(self, file: Path) -> None:
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        self._open.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._folder.cleanup()

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        at: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()


def listening_port(log: Path) -> str | None:
    found = re.search(r"DevTools listening on ws://127\.0\.0\.1:(\d+)/", log.read_text())
    return found[1] if found else None

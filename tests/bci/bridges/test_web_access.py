"""Access to the web page, by the parameters of the bridge."""

from pathlib import Path

import pytest

from bci.bridges.web_access import AccessError, make_access
from tests.bci.bridges.receivers import free_port
from tests.commands import refused

TOKEN = "a-token-of-some-length"


def test_other_computers_need_a_token(tmp_path: Path) -> None:
    port = free_port()
    for host in ("0.0.0.0", "::"):
        with pytest.raises(AccessError, match="give a token"):
            make_access(host, port, None, ())
    assert not make_access("0.0.0.0", port, TOKEN, ()).is_loopback
    line = refused("bridge", "websocket", "host=0.0.0.0", f"port={port}")
    assert "host=0.0.0.0 lets other computers connect: give a token" in line
    file = tmp_path / "token"
    file.write_text("short")
    file.chmod(0o600)
    line = refused("bridge", "websocket", f"token_file={file}")
    assert "a token has 16 letters" in line
    assert "short" not in line
    file.write_text(TOKEN)
    file.chmod(0o644)
    assert "other people can read it" in refused("bridge", "websocket", f"token_file={file}")
    assert "No such file" in refused("bridge", "websocket", f"token_file={tmp_path / 'none'}")
    assert "origins" in refused("bridge", "websocket", "origins=null")

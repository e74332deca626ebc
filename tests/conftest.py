"""Set-up that every test shares: a private LSL session, Qt without a screen, real recordings."""

import os
import tempfile
import uuid
from pathlib import Path

import hypothesis
import pytest

# liblsl reads its configuration once, at import: a session of our own keeps these tests from
# seeing, or being seen by, any other LSL program on the machine or the network.
_lsl_config = Path(tempfile.mkdtemp(prefix="bci-lsl-")) / "lsl_api.cfg"
_lsl_config.write_text(f"[lab]\nSessionID = test-{uuid.uuid4().hex}\n[log]\nlevel = -3\n")
os.environ["LSLAPICFG"] = str(_lsl_config)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# How long an example takes is the machine's affair.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings; the test is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real recordings at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture
def eegmmidb(shared_data: Path) -> Path:
    return shared_data / "eegmmidb"

"""A site's check of the files of a job."""

from pathlib import Path

import pytest

pytest.importorskip("nvflare", reason="needs NVIDIA FLARE: pip install -e '.[federation]'")

from decoders.federation.policy import OnlyOurJob, write_job


def test_our_own_job_is_accepted(tmp_path: Path) -> None:
    app = write_job(tmp_path / "job", {"lab-a"}) / "app"
    (app / ".__nvfl_sig.json").write_text("{}")
    assert OnlyOurJob().validate(str(app)) == ("", {})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("custom/evil.py", b"print()"),
        ("config/config_fed_client.json", b"{}"),
        ("config/config_fed_client.conf", b""),
        ("weights.bin", b"\xff\x00"),
    ],
)
def test_any_other_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    app = write_job(tmp_path / "job", {"lab-a"}) / "app"
    (app / name).parent.mkdir(exist_ok=True)
    (app / name).write_bytes(content)
    assert OnlyOurJob().validate(str(app)) == (f"{name} is not of the job of `bci federate`", {})


def test_a_link_to_a_folder_is_refused(tmp_path: Path) -> None:
    app = write_job(tmp_path / "job", {"lab-a"}) / "app"
    (app / "custom").symlink_to(tmp_path)
    reason, _ = OnlyOurJob().validate(str(app))
    assert reason.startswith("custom is not")

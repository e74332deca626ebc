"""The only job that a start-up kit's process may run; it contains no code.

A site's own command writes the policy into its kit before every start, so that an older or edited
policy does not count. FLARE's own checks trust the role that the server assigns to the leader, and
permit everything to the role ``super``. `OnlyOurJob` checks the job whatever the role.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nvflare.apis.app_validation import AppValidator

from bci.errors import ProfileError

SITE, SERVER = "decoders.federation.flare.SiteEnd", "decoders.federation.flare.ServerEnd"
SETTINGS = "bci.json"
"""A site's or server's own settings, in the folder ``local`` of its start-up kit."""
FORGOTTEN_S = 30
"""Time without messages, in seconds, after which a site counts as lost."""

# Rights of the leader's certificate at a site and at the server.
_RIGHTS = {
    "submit_job": "any", "manage_job": "any", "view": "any", "operate": "none",
    "shell_commands": "none", "clone_job": "none", "download_job": "none", "byoc": "none",
}  # fmt: skip
_SERVER_END = {"workflows": [{"id": "rounds", "path": SERVER}], "dead_client_grace_period": 5.0}
_SITE_END = {"executors": [{"tasks": ["*"], "executor": {"path": SITE}}]}
_FILES = {
    f"config/config_fed_{side}.json": json.dumps(
        {"format_version": 2, "components": []} | end
    ).encode()
    for side, end in (("server", _SERVER_END), ("client", _SITE_END))
}
# FLARE signs every job.
_SIGNATURES = {".__nvfl_sig.json", ".__nvfl_submitter.crt"}


class OnlyOurJob(AppValidator):  # type: ignore[misc]
    """Check at the site that a job has only the files of `write_job`, unchanged."""

    def validate(self, app_folder: str) -> tuple[str, dict[str, Any]]:
        """Return the reason of a refusal, or an empty text; see `nvflare.apis.app_validation`."""
        for file in Path(app_folder).rglob("*"):
            name = file.relative_to(app_folder).as_posix()
            if file.name in _SIGNATURES or (file.is_dir() and not file.is_symlink()):
                continue
            if file.is_symlink() or file.read_bytes() != _FILES.get(name):
                return f"{name:.100} is not of the job of `bci federate`", {}
        return "", {}


def write_policy(kit: Path, component: str, settings: Mapping[str, Any]) -> None:
    """Write a kit's folder ``local``: rights, the only class that a job may use, and settings.

    ``component`` is `SITE` or `SERVER`. ``settings`` are written to the file `SETTINGS`.

    Raises ProfileError if the folder is no start-up kit.
    """
    local = kit / "local"
    try:
        defaults = (local / "resources.json.default").read_text(encoding="utf-8")
        # FLARE's defaults store jobs in a folder that all users of a computer share.
        resources = json.loads(defaults.replace("/tmp/nvflare", str(kit / "store")))  # noqa: S108
        resources |= {"class_allow_list": [component], "class_list_enforcement_mode": "enforce"}
        resources["app_validator"] = {"path": f"{__name__}.{OnlyOurJob.__name__}"}
        resources["allow_log_streaming"] = False
        unwanted = {"site_log_streamer", "log_receiver"}
        resources["components"] = [c for c in resources["components"] if c["id"] not in unwanted]
        for server in resources.get("servers", ()):
            server |= {"heart_beat_timeout": FORGOTTEN_S, "max_num_clients": 1000}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProfileError(
            f"{kit} is not a start-up kit; `nvflare package` makes one (docs/how-to/federation.md)"
        ) from error
    rights = {"format_version": "1.0", "permissions": {"lead": _RIGHTS}}
    files = {"resources.json": resources, "authorization.json": rights, SETTINGS: settings}
    for name, content in files.items():
        (local / name).write_text(json.dumps(content, indent=1), encoding="utf-8")


def write_job(folder: Path, sites: set[str]) -> Path:
    """Write a FLARE job for the server and ``sites`` into ``folder``, without code; return it.

    It names `SERVER` and `SITE`, and nothing else that could run.
    """
    (folder / "app" / "config").mkdir(parents=True)
    for name, content in _FILES.items():
        (folder / "app" / name).write_bytes(content)
    where = {"app": ["server", *sorted(sites)]}
    meta = {"name": "federation", "resource_spec": {}, "min_clients": 1, "deploy_map": where}
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    return folder

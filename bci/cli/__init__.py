"""The command line: a thin layer over the library that connects its parts."""

import errno
import os
import sys
from io import TextIOWrapper
from pathlib import Path

import typer

import bci
from bci.cli import events
from bci.cli.commands import LazyGroup
from bci.cli.console import printable, show_warnings
from bci.commands import exit_now
from bci.errors import BciError

# System errors that the user's files or disk can cause; any other error is a fault of this program.
_MENDABLE = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EISDIR,
    errno.ENAMETOOLONG, errno.ELOOP,
)  # fmt: skip

app = typer.Typer(
    name="bci",
    cls=LazyGroup,
    help="Real-time brain-computer interfaces: replay, calibrate, decode, watch.\n\n"
    "New here? 'bci demo' shows everything on a simulated subject.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


# Recordings of brain signals and models are private by default, since they are personal data.
_SHARED = "BCI_SHARED"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bci {bci.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(  # noqa: ARG001 - its callback has acted
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
    shared: bool = typer.Option(
        False,
        "--shared",
        envvar=_SHARED,
        help="Let others on this computer read the files that are written; default: only you.",
    ),
) -> None:
    if shared:
        # The dashboard's child processes inherit the setting.
        os.environ[_SHARED] = "1"
    else:
        os.umask(0o077)


def main() -> None:
    """Run a command and end the process with its exit code."""
    exit_now(run_command(), clean_up=True)


def run_command() -> int:
    """Run a command; return its exit code.

    An error that the user can correct gives one line on standard error and exit code 2.
    """
    _print_anything()
    _quieten_liblsl()
    _use_fine_timers()
    show_warnings()
    try:
        app()
    except BciError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if (why := _reason(error)) is None:
            raise
        return _fail(why)
    except SystemExit as ended:
        # Any other value than a number is a message, which Python prints.
        if not isinstance(ended.code, int | None):
            raise
        _emit_misuse(ended.__context__)
        return ended.code or 0
    finally:
        events.want(False)
    return 0


def _reason(error: Exception) -> str | None:
    """Return the reason of an error that a plug-in caused or the user can correct, else None."""
    from bci.plugins.registry import fault_in_plugin

    if (fault := fault_in_plugin(error)) is not None:
        return str(fault)
    if not isinstance(error, OSError) or error.errno not in _MENDABLE:
        return None
    where = f"{error.filename}: " if error.filename is not None else ""
    return f"{where}{error.strerror}"


def _fail(why: str) -> int:
    """Print the reason ``why`` a command ended; return its exit code."""
    text = " ".join(why.split())
    typer.secho(f"error: {printable(text)}", fg="red", err=True)
    if events.is_for_program():
        _emit_error(text)
    return 2


def _emit_misuse(error: BaseException | None) -> None:
    """Print the event of a wrong argument; typer has already printed the text for people."""
    describe = getattr(error, "format_message", None)
    if describe is not None and events.is_for_program():
        _emit_error(" ".join(describe().split()))


def _emit_error(text: str) -> None:
    from bci.messages import ErrorEvent

    events.emit(ErrorEvent(text=text))


def _print_anything() -> None:
    """Escape characters that the encoding of standard output or error lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _quieten_liblsl() -> None:
    """Silence liblsl's own log, unless the user has configured it."""
    # Unlike Path.home(), this does not fail in a container whose user has no home.
    home = os.path.expanduser("~")  # noqa: PTH111
    places = (Path("lsl_api.cfg"), Path(home, "lsl_api", "lsl_api.cfg"),
              Path("/etc/lsl_api/lsl_api.cfg"))  # fmt: skip
    if "LSLAPICFG" not in os.environ and not any(place.exists() for place in places):
        os.environ["LSLAPICFG"] = str(Path(__file__).parents[1] / "lsl" / "quiet.cfg")


def _use_fine_timers() -> None:
    """Set the resolution of timers on Windows to 1 ms instead of 16 ms, for this process."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.winmm.timeBeginPeriod(1)

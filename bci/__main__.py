"""The process of a command: ``bci`` or ``python -m bci``."""

import signal


def main() -> None:
    """Run a command and end the process; Ctrl-C while modules load ends it without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from bci import cli

    signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


if __name__ == "__main__":
    main()

"""Federated training over Flower: messages of sites and server, and the wires that carry them.

- agreement: what all sites agreed on
- site, site_data, privacy: a site's decoder, recordings and clipping
- messages: everything that may cross the wire
- client_app: the answers of a site
- rounds, progress: the server's questions, and their results
- local: messages within one process
- superlink, door, supernode: messages between machines

Call `quiet_flower` before the first import of Flower.
"""

import logging
import os


def quiet_flower() -> None:
    """Keep Flower from reporting its use, from asking for updates, and from logging.

    Whoever keeps brain data is not asked to find out that it does. Flower reads the environment
    when it is imported, and sets its own log level then; its errors are in ours.
    """
    os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
    os.environ["FLWR_DISABLE_UPDATE_CHECK"] = "1"
    logging.getLogger("flwr").addFilter(_is_critical)


def _is_critical(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.CRITICAL

"""Federated training over Flower: messages of sites and server, and the wires that carry them.

- agreement: the file that all partners share
- site_data, site: a site's recordings, and its part of a round
- privacy: the budget that a site's changes use
- messages: everything that may cross a wire
- client_app: answers of a site
- rounds, progress: rounds at the server, and their state on disk
- local: messages within one process
- superlink, door, supernode: messages between machines
"""

import logging
import os

# Flower reports its use to its makers and looks for updates by default. Nobody who keeps brain
# data should have to find that out; it has to be set before the first import.
os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
os.environ["FLWR_DISABLE_UPDATE_CHECK"] = "1"

# Flower sets its own level when it is imported; our own errors have what matters of its log.
logging.getLogger("flwr").addFilter(lambda record: record.levelno >= logging.CRITICAL)

"""Federated training over Flower: what sites and server say to each other, and over which wire.

`messages` holds everything that may cross it, `client` answers at a site, `rounds` asks at the
server, and `progress` keeps what came of it. `local` carries messages within one process,
`superlink` and `supernode` between machines.
"""

import logging
import os

# Flower reports its use to its makers and asks for updates, unless told not to. Brain data's
# keepers are not asked to find that out; it has to be set before the first import.
os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
os.environ["FLWR_DISABLE_UPDATE_CHECK"] = "1"

# Flower sets its own level when it is imported; what it has to say is in our own errors.
logging.getLogger("flwr").addFilter(lambda record: record.levelno >= logging.CRITICAL)

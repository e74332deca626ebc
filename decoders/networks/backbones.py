"""Networks that are parts of other networks: trunks of FLEEG, backbones of MVCNet."""

from collections.abc import Callable

from decoders.networks.conformer import Conformer
from decoders.networks.dbconformer import Dbconformer
from decoders.networks.eegnet import Eegnet
from decoders.networks.ifnet import Ifnet
from decoders.networks.shallow import Shallow

Backbone = Ifnet | Dbconformer | Eegnet | Shallow | Conformer

BACKBONES: dict[str, Callable[[int, int, float, int], Backbone]] = {
    "eegnet": Eegnet,
    "shallow": Shallow,
    "conformer": Conformer,
    "ifnet": Ifnet,
    "dbconformer": Dbconformer,
}

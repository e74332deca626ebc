"""Networks for motor imagery: plain torch modules, one a file.

Each is made from (n_channels, n_samples, sfreq, n_classes) with its paper's hyper-parameters and
takes float32 trials (n_trials, n_channels, n_samples) of about unit variance to logits
(n_trials, n_classes); ``features`` gives what its ``head`` sees. Kernels and pools that a paper
gives at one sampling rate last as long at any other.
"""

from collections.abc import Callable
from functools import partial

from torch import nn

from decoders.networks.conformer import Conformer
from decoders.networks.dbconformer import Dbconformer
from decoders.networks.eegnet import Eegnet
from decoders.networks.fleeg import Fleeg
from decoders.networks.ifnet import Ifnet
from decoders.networks.mvcnet import Mvcnet, MvcnetSettings
from decoders.networks.shallow import Shallow

# The profiles of motor imagery pass 8-30 Hz: at 80 Hz the Transformer of MVCNet, there for training
# only, is told as much, and a training step takes less than half the time.
_MVCNET = MvcnetSettings(encoder_hz=80.0)

NETWORKS: dict[str, Callable[[int, int, float, int], nn.Module]] = {
    "eegnet": Eegnet,
    "shallow": Shallow,
    "conformer": Conformer,
    "ifnet": Ifnet,
    "dbconformer": Dbconformer,
    "mvcnet": partial(Mvcnet, settings=_MVCNET),
    "mvcnet-dbconformer": partial(Mvcnet, backbone="dbconformer", settings=_MVCNET),
    "fleeg": Fleeg,
}

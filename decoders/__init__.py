"""Decoders: one a file, each behind the `bci.types.Decoder` protocol.

`DECODERS` names them; `create` makes an untrained one and `load` brings one back from the plain
arrays of a model bundle. A decoder's module is imported only when it is asked for.
"""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from bci.errors import BundleError, ProfileError
from bci.installing import how_to_install_torch
from bci.settings import did_you_mean
from bci.types import Decoder
from decoders.estimator import is_estimator

DECODERS: dict[str, tuple[str, str, str]] = {
    # name: module, class, what it is
    "tangent-space": ("decoders.tangent", "TangentSpace", "Riemannian tangent space + LR"),
    "csp-lda": ("decoders.csp", "CspLda", "common spatial patterns + shrinkage LDA"),
    "log-power": ("decoders.log_power", "LogPower", "log band power + shrinkage LDA"),
    "eegnet": ("decoders.network", "EegNet", "EEGNet"),
    "shallow": ("decoders.network", "Shallow", "ShallowConvNet"),
    "conformer": ("decoders.network", "Conformer", "EEG Conformer"),
    "ifnet": ("decoders.network", "IfNet", "IFNet"),
    "dbconformer": ("decoders.network", "DbConformer", "DBConformer"),
    "mvcnet": ("decoders.network", "MvcNet", "MVCNet around IFNet"),
    "mvcnet-dbconformer": ("decoders.network", "MvcDbConformer", "MVCNet around DBConformer"),
    "fleeg": ("decoders.fleeg", "FleegDecoder", "FLEEG, for federated training"),
    "histn": ("decoders.emotion", "HistnDecoder", "HiSTN: levels of valence and arousal"),
    "differential-entropy": (
        "decoders.differential_entropy", "DifferentialEntropy", "differential entropy + ridge",
    ),
    "high-gamma-lda": ("decoders.high_gamma", "HighGammaLda", "log high-gamma power + LDA"),
    "duin": ("decoders.speech", "DuinDecoder", "Du-IN: words from depth electrodes"),
    "image-ridge": ("decoders.image_ridge", "ImageRidge", "seen images: ridge to embeddings"),
    "meg-images": ("decoders.images", "SeenImages", "seen images: MEG encoder to embeddings"),
}  # fmt: skip

# Those whose classes are images of a gallery.
OF_IMAGES = ("image-ridge", "meg-images")
# Those that need no PyTorch and learn in seconds.
CLASSICAL = ("tangent-space", "csp-lda", "log-power")
# Those whose classes are levels, like valence-2/arousal-4, and can be nothing else.
OF_LEVELS = ("histn", "differential-entropy")
# Those that need high-gamma activity: signals of depth electrodes at 1 kHz.
OF_SPEECH = ("high-gamma-lda", "duin")
_NEEDS_TORCH = f"networks need PyTorch: {how_to_install_torch()}"


def by_task(names: Iterable[str] = DECODERS) -> str:
    """Names in a sentence, each group with what it is or is for."""
    special = {"emotion": OF_LEVELS, "words": OF_SPEECH, "images": OF_IMAGES}
    of_one = {name for group in special.values() for name in group}
    networks = [name for name in DECODERS if name not in (*CLASSICAL, *of_one)]
    groups = {"classical": CLASSICAL, "networks": networks, **special}
    found = {task: [name for name in group if name in names] for task, group in groups.items()}
    return "; ".join(f"{', '.join(own)} ({task})" for task, own in found.items() if own)


def carries_over(name: str) -> bool:
    """Whether a decoder can be trained on some people and adapted to another."""
    return name not in ("csp-lda", "log-power", *OF_SPEECH, *OF_IMAGES)


def create(
    name: str,
    params: Mapping[str, object] | None = None,
    start: Mapping[str, NDArray[np.generic]] | None = None,
    trusted: Sequence[str] = (),
) -> Decoder:
    """Make an untrained decoder.

    Parameters
    ----------
    name : str
        One of `DECODERS`, or an estimator's; see `decoders.estimator.is_estimator`. The module
        of a ``module:factory`` is imported: only a profile may name one, never a model folder.
    params : mapping, optional
    start : mapping of str to ndarray, optional
        Arrays of a base model, trained on other people, to go on from.
    trusted : sequence of str
        Types of a user's own estimator that may be stored; see `decoders.estimator.wrap`.

    Raises
    ------
    ProfileError
        If there is no decoder of that name, or it has no such parameter.
    PluginError
        If a user's own module or factory fails, or gives no estimator.
    """
    if is_estimator(name):
        from decoders.estimator.factory import create as create_estimator

        if start is not None:
            raise ProfileError(f"decoder {name}: an estimator cannot go on from a base model")
        return create_estimator(name, params or {}, trusted)
    given = dict(params or {}) | ({} if start is None else {"start": start})
    try:
        cls = _class_of(name)
        _require_known(name, params or {}, _parameters(cls))
        made: Decoder = cls(**given)
    except ImportError as error:
        raise ProfileError(f"decoder {name}: {error}; {_NEEDS_TORCH}") from error
    except (TypeError, ValueError) as error:
        raise ProfileError(f"decoder {name}: {error}") from error
    except KeyError:
        raise ProfileError(
            f"there is no decoder {name!r}{did_you_mean(name, DECODERS)}; choose one of "
            f"{', '.join(DECODERS)}"
        ) from None
    return made


def parameters_of(name: str) -> list[str]:
    """The parameters that a decoder takes from a profile; none of a network without PyTorch."""
    try:
        return _parameters(_class_of(name))
    except ImportError:
        return []


def _parameters(cls: type) -> list[str]:
    found: list[str] = []
    for base in cls.__mro__:
        own = _own_parameters(base)
        kinds = [parameter.kind for parameter in own]
        found += [p.name for p in own if p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in found]
        # Only what takes any keyword passes them on to the class that it extends.
        if "__init__" in vars(base) and inspect.Parameter.VAR_KEYWORD not in kinds:
            break
    return [name for name in found if name not in ("self", "start")]


def _own_parameters(cls: type) -> list[inspect.Parameter]:
    if cls is object:
        return []
    return list(inspect.signature(cls.__init__).parameters.values())  # type: ignore[misc]


def _require_known(name: str, params: Mapping[str, object], known: list[str]) -> None:
    for key in params:
        if key not in known:
            raise ProfileError(
                f"decoder {name}: params.{key}: there is no such parameter; there are: "
                f"{', '.join(known) or 'none'}{did_you_mean(key, known)}"
            )


def load(
    name: str,
    params: Mapping[str, object],
    classes: tuple[str, ...],
    arrays: Mapping[str, NDArray[np.generic]],
    trusted: Sequence[str] = (),
) -> Decoder:
    """Bring a trained decoder back from the arrays of a bundle.

    ``trusted`` are types that the user allows a stored estimator to be made of.

    Raises
    ------
    BundleError
        If the decoder is unknown here, or an array is missing or has the wrong shape.
    """
    if is_estimator(name):
        from decoders.estimator.decoder import load as load_estimator

        return load_estimator(name, classes, arrays, trusted)
    if name not in DECODERS:
        raise BundleError(f"the bundle wants the decoder {name!r}; this version has none such")
    try:
        decoder: Decoder = _class_of(name).from_arrays(dict(params), classes, arrays)
    except ImportError as error:
        raise BundleError(f"decoder {name}: {error}; {_NEEDS_TORCH}") from error
    except KeyError as error:
        raise BundleError(f"decoder {name}: the bundle lacks the array {error}") from error
    except (TypeError, ValueError) as error:
        raise BundleError(f"decoder {name}: {error}") from error
    return decoder


def _class_of(name: str):  # type: ignore[no-untyped-def]
    module, cls, _ = DECODERS[name]
    return getattr(import_module(module), cls)

"""Decoders: one per file, each with the `bci.interfaces.Decoder` protocol.

- classical/: without a network
- erp/: event-related potentials
- networks/, neural/: networks, and their training and use as decoders
- images/: galleries of images, and the search in them
- ssvep/: flickering targets
- estimator/: any scikit-learn estimator as a decoder
- federation/: training across sites
- sklearn_api: these decoders as scikit-learn estimators
- patterns: patterns of a trained decoder

They are plug-ins of the group ``bci.decoders``; `bci.plugins.decoder_offers` lists them. `create`
makes an untrained decoder. `load` restores a trained one from the arrays of a model bundle. A
decoder's module is imported only when the decoder is used.
"""

import inspect
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bci.errors import BundleError, PluginError, ProfileError
from bci.interfaces import Decoder
from bci.plugins.decoder_offers import carrying_over, decoder_names
from bci.plugins.registry import find, plugins
from bci.profiles.flicker import Stimuli
from bci.profiles.pipeline_settings import did_you_mean
from decoders.estimator import is_estimator

_GROUP = "bci.decoders"
# Arguments of decoders that a profile cannot set.
_NOT_OF_PROFILE = ("start", "stimuli")


def create(
    name: str,
    params: Mapping[str, object] | None = None,
    start: Mapping[str, NDArray[np.generic]] | None = None,
    trusted: Sequence[str] = (),
    stimuli: Stimuli | None = None,
) -> Decoder:
    """Make an untrained decoder.

    Parameters
    ----------
    name : str
        Name of a plug-in (see `bci.plugins.decoder_offers.decoder_names`) or of an estimator (see
        `decoders.estimator.is_estimator`). The module of a ``module:factory`` is imported, so such
        a name may come from a profile, but never from a model folder.
    params : mapping, optional
    start : mapping of str to ndarray, optional
        Arrays of a base model, trained on other people, from which training continues.
    trusted : sequence of str
        Types of a user's own estimator that may be stored; see `decoders.estimator.wrap`.
    stimuli : Stimuli, optional
        Stimuli of the classes, for decoders of flicker; see `Profile.stimuli`.

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
            raise ProfileError(f"decoder {name}: an estimator cannot start from a base model")
        return create_estimator(name, params or {}, trusted)
    if name not in plugins(_GROUP):
        raise ProfileError(
            f"there is no decoder {name!r}{did_you_mean(name, plugins(_GROUP))}; choose one of "
            f"{', '.join(decoder_names())}"
        )
    given = dict(params or {}) | ({} if start is None else {"start": start})
    try:
        cls = find(_GROUP, name).load()
        known = _parameters(cls)
        _require_known(name, params or {}, [key for key in known if key not in _NOT_OF_PROFILE])
        if start is not None and "start" not in known:
            raise ProfileError(
                f"decoder {name} cannot be fine-tuned; leave the base model out, or choose one of "
                f"{', '.join(carrying_over())}"
            )
        if stimuli is not None and "stimuli" in known:
            given["stimuli"] = stimuli
        made: Decoder = cls(**given)
    except PluginError as error:
        raise ProfileError(str(error)) from error
    except (ImportError, TypeError, ValueError) as error:
        raise ProfileError(f"decoder {name}: {error}") from error
    return made


def parameters_of(name: str) -> list[str]:
    """List the parameters of a decoder that a profile can set; empty if it cannot be loaded."""
    try:
        known = _parameters(find(_GROUP, name).load())
    except PluginError:
        return []
    return [key for key in known if key not in _NOT_OF_PROFILE]


def _parameters(cls: type) -> list[str]:
    found: list[str] = []
    for base in cls.__mro__:
        own = _own_parameters(base)
        kinds = [parameter.kind for parameter in own]
        found += [p.name for p in own if p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in found]
        # Only a constructor with **keywords passes parameters on to its base class.
        if "__init__" in vars(base) and inspect.Parameter.VAR_KEYWORD not in kinds:
            break
    return [name for name in found if name != "self"]


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
    """Restore a trained decoder from the arrays of a bundle.

    ``trusted`` are types that the user allows in a stored estimator.


    Raises
    ------
    BundleError
        If the decoder is not installed, or an array is missing or has the wrong shape.
    """
    if is_estimator(name):
        from decoders.estimator.decoder import load as load_estimator

        return load_estimator(name, classes, arrays, trusted)
    if name not in plugins(_GROUP):
        raise BundleError(
            f"the bundle wants the decoder {name!r:.80}; this version has none such, and no "
            "installed package offers one (bci plugins)"
        )
    try:
        decoder: Decoder = find(_GROUP, name).load().from_arrays(dict(params), classes, arrays)
    except PluginError as error:
        raise BundleError(str(error)) from error
    except ImportError as error:
        raise BundleError(f"decoder {name}: {error}") from error
    except KeyError as error:
        raise BundleError(f"decoder {name}: the bundle lacks the array {error}") from error
    except (TypeError, ValueError) as error:
        raise BundleError(f"decoder {name}: {error}") from error
    return decoder

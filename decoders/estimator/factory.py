"""The estimator that a profile names as ``module:factory``: imported, made and checked."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from bci.errors import BciError, PluginError, ProfileError
from bci.interfaces import Decoder
from bci.profiles.pipeline_settings import did_you_mean
from decoders.estimator import ONNX
from decoders.estimator.decoder import EstimatorDecoder
from decoders.estimator.onnx_file import own_file
from decoders.estimator.raised import brief


def create(path: str, params: Mapping[str, object], trusted: Sequence[str] = ()) -> Decoder:
    """Make the decoder that a profile names.

    This imports and runs code on the user's computer. So ``path`` may come from a profile, but
    never from a model folder.

    Parameters
    ----------
    path : str
        As ``module:factory``; a class, a function that returns an estimator, or an estimator.
    params : mapping
        Keyword arguments of the factory.
    trusted : sequence of str
        See `decoders.estimator.wrap`.

    Raises
    ------
    ProfileError
        If there is no such module or factory.
    PluginError
        If the module or the factory fails, or gives no estimator.
    """
    if path == ONNX:
        return EstimatorDecoder(own_file(params), path)
    module_name, _, name = path.partition(":")
    with own_modules():
        factory = _factory_in(_module(module_name, path), name, path)
        if not callable(factory) or (hasattr(factory, "get_params") and not _is_class(factory)):
            if params:
                raise ProfileError(f"decoder {path}: it is no function, so it takes no params")
            return decoder_of(factory, path, trusted)
        try:
            made = factory(**params)
        except BciError:
            raise
        except (Exception, SystemExit) as problem:  # the code is anyone's
            raise PluginError(f"decoder {path}: {name}() raised {brief(problem)}") from problem
    return decoder_of(made, path, trusted)


def decoder_of(made: Any, path: str, trusted: Sequence[str]) -> Decoder:
    """Make a decoder of the estimator ``made``; return it unchanged if it is a decoder already.

    Raises
    ------
    PluginError
        If it is neither.
    """
    own = getattr(made, "make_decoder", None)
    if callable(own):
        decoder: Decoder = own()
        return decoder
    if all(hasattr(made, name) for name in ("fit", "predict_proba", "arrays", "classes")):
        given: Decoder = made
        return given
    if _is_class(made):
        raise PluginError(f"decoder {path}: {made.__name__} is a class; give an object of it")
    for method in ("fit", "predict_proba"):
        if not callable(getattr(made, method, None)):
            raise PluginError(
                f"decoder {path}: {type(made).__name__} has no {method}. An estimator needs "
                "fit(X, y) and predict_proba(X); sklearn.calibration.CalibratedClassifierCV adds "
                "probabilities"
            )
    return EstimatorDecoder(made, path, trusted)


def path_of(estimator: Any) -> str:
    """Name an object as a profile would: ``module:Class``."""
    cls = type(estimator)
    return f"{cls.__module__}:{cls.__qualname__}"[:200]  # the limit of a name in a profile


@contextmanager
def own_modules() -> Iterator[None]:
    """Allow imports of modules in the current folder; installed modules have priority."""
    here = str(Path.cwd())
    sys.path.append(here)
    try:
        yield
    finally:
        sys.path.remove(here)


def _module(name: str, path: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name is not None and f"{name}.".startswith(f"{problem.name}."):
            raise ProfileError(
                f"decoder {path}: there is no module {name}, neither installed nor in "
                f"{Path.cwd()}. Write module:factory"
            ) from None
        raise PluginError(f"decoder {path}: importing {name} raised {brief(problem)}") from problem
    except (Exception, SystemExit) as problem:  # the code is anyone's
        if isinstance(problem, TypeError | ValueError) and not name.replace(".", "").isidentifier():
            raise ProfileError(f"decoder {path}: write it as module:factory") from None
        raise PluginError(f"decoder {path}: importing {name} raised {brief(problem)}") from problem


def _factory_in(module: ModuleType, name: str, path: str) -> Any:
    if name.isidentifier() and hasattr(module, name):
        return getattr(module, name)
    known = [each for each, value in vars(module).items() if callable(value) and each[:1] != "_"]
    raise ProfileError(
        f"decoder {path}: {module.__name__} has no {name!r}{did_you_mean(name, known)}"
    )


def _is_class(made: Any) -> bool:
    return isinstance(made, type)

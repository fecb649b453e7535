"""The networks that there are: one file each in ``architectures/``.

A file there holds one function, `network`, whose keyword arguments are the network's options and
whose docstring's first line says what it is. The file's name is the network's name. Nothing else is
needed. A network ends in a dense layer, with a softmax or, where it shall also learn what is no
digit, without: that layer is what calibration scales. Or it ends in the mean of
several such heads, which give logits and are called ``logits_1``, ``logits_2`` and so on.
"""

import inspect
import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError, validate_call

from inkdigits.errors import RecipeError
from inkdigits.networks import architectures

if TYPE_CHECKING:
    import keras

__all__ = ["build", "describe", "names", "options"]


def names() -> list[str]:
    """Return the names of all networks, sorted. Does not import Keras."""
    return sorted(module.name for module in pkgutil.iter_modules(architectures.__path__))


def build(name: str = "reference", /, **options: object) -> "keras.Model":
    """Build a network, with random weights and not compiled.

    Args:
        name: one of `names`.
        options: of that network; see its function in ``networks/architectures/``.

    Returns:
        A model from images float32 ``(batch, 28, 28, 1)``, 0 to 1, to probabilities
        (or, where its description says so, logits) ``(batch, 10)``.

    Raises:
        RecipeError: no such network or option, or a value that the option cannot have.

    Example:
        >>> build("reference", dropout=0.3).count_params()
        225034
    """
    constructor = _constructor(name)
    known = inspect.signature(constructor).parameters
    unknown = [option for option in options if option not in known]
    if unknown:
        raise RecipeError(
            f"the network {name!r} has no option {unknown[0]!r}; it has {', '.join(known)}"
        )
    try:
        return cast("keras.Model", validate_call(constructor)(**options))
    except ValidationError as error:
        first = error.errors()[0]
        option = ".".join(map(str, first["loc"]))
        raise RecipeError(f"the network {name!r}, option {option}: {first['msg']}") from error
    except ValueError as error:  # Keras': an activation it does not know, a size below one
        why = str(error).splitlines()[0]
        raise RecipeError(f"the network {name!r} cannot be built so: {why}") from error


def describe(name: str) -> str:
    """Return the one line that says what a network is.

    Raises:
        RecipeError: no such network.
    """
    return (inspect.getdoc(_constructor(name)) or "").splitlines()[0]


def options(name: str) -> dict[str, Any]:
    """Return the options of a network and their defaults.

    Raises:
        RecipeError: no such network.
    """
    parameters = inspect.signature(_constructor(name)).parameters.values()
    return {parameter.name: parameter.default for parameter in parameters}


def _constructor(name: str) -> "Callable[..., keras.Model]":
    if name not in names():
        raise RecipeError(f"there is no network {name!r}; there are {', '.join(names())}")
    module = import_module(f"{architectures.__name__}.{name}")
    return cast("Callable[..., keras.Model]", module.network)

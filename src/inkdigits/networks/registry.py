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

from inkdigits._text import abbreviated
from inkdigits.errors import RecipeError
from inkdigits.networks import architectures

if TYPE_CHECKING:
    import keras
    from pydantic_core import ErrorDetails

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
            f"the network {name!r} has no option {abbreviated(unknown[0])}; it has "
            f"{', '.join(known)}"
        )
    # The command line cannot tell a list of one number from the number.
    given = {
        option: (value,) if type(value) is int and _takes_list(known[option]) else value
        for option, value in options.items()
    }
    try:
        return cast("keras.Model", validate_call(constructor)(**given))
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0])
        why = _explain(first, known[option].default, options[option])
        raise RecipeError(f"the network {name!r}, option {option}: {why}") from error
    except ValueError as error:  # Keras', of what the options' types let through
        why = str(error).splitlines()[0]
        raise RecipeError(f"the network {name!r} cannot be built so: {why}") from error


def _takes_list(parameter: inspect.Parameter) -> bool:
    return isinstance(parameter.default, tuple)


_SENTENCES = {
    "tuple_type": "it takes numbers such as {example}, not {whole}",
    "missing": "it takes numbers such as {example}, not {whole}",
    "too_short": "it takes numbers such as {example}, not {whole}",
    "too_long": "it takes at most {max_length} numbers, such as {example}, not {actual_length}",
    "int_type": "it takes whole numbers, not {part}",
    "int_parsing": "it takes whole numbers, not {part}",
    "int_from_float": "it takes whole numbers, not {part}",
    "float_type": "it takes a number, not {part}",
    "float_parsing": "it takes a number, not {part}",
    "literal_error": "it may be {expected}, not {part}",
    "greater_than_equal": "it must be {ge:g} or more, not {part}",
    "less_than_equal": "it must be {le:g} or less, not {part}",
    "less_than": "it must be less than {lt:g}, not {part}",
}
"""What pydantic finds wrong, in words that need no Python."""


def _explain(first: "ErrorDetails", default: object, whole: object) -> str:
    example = ",".join(map(str, default)) if isinstance(default, tuple) else default
    sentence = _SENTENCES.get(first["type"], "it cannot be {part}")
    return sentence.format(
        example=example,
        whole=abbreviated(whole),
        part=abbreviated(first["input"]),
        **first.get("ctx", {}),
    )


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
        raise RecipeError(
            f"there is no network {abbreviated(name)}; there are {', '.join(names())}"
        )
    module = import_module(f"{architectures.__name__}.{name}")
    return cast("Callable[..., keras.Model]", module.network)

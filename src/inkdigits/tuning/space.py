"""A space: which hyperparameters a study may change, and within what bounds.

It comes from a TOML file with a table a hyperparameter, which gives either its choices, or a range:

    [learning_rate]
    low = 0.0005
    high = 0.02
    log = true

    [options.filters]       # of the network; each number is a hyperparameter of its own
    low = [16, 32]
    high = [32, 64]
    step = 8

    [optimizer]
    choices = ["adam", "muon"]
"""

import itertools
import json
import math
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkdigits._text import abbreviated
from inkdigits.errors import RecipeError, TuningError, reason
from inkdigits.training.recipe import Augmentation, Recipe
from inkdigits.tuning.axis import Axis, Choice, FloatRange, IntRange

if TYPE_CHECKING:
    from optuna.trial import Trial

__all__ = ["Space"]

_SPACES = Path(__file__).parent / "spaces"
_MAX_BYTES = 1 << 20

_FIELDS = (
    "learning_rate",
    "batch",
    "optimizer",
    "schedule",
    "weight_decay",
    "label_smoothing",
    "ema",
)
"""Of a recipe, those that may be searched: the others say how it is trained, not how well."""

_OFF: dict[str, dict[str, Any]] = {
    "augment": Augmentation.parse("jitter=0").model_dump(),
    "simulate": {"originals": 1, "copies": 0, "negatives": 0.0},
}
"""The parts of a recipe that has none."""

_OPTIONS = "options"
_KEYS = {"choices", "low", "high", "step", "log"}


class Space:
    """The hyperparameters of a recipe that a study may change.

    Args:
        tables: by hyperparameter, each with ``choices``, or ``low``, ``high`` and perhaps ``step``
            and ``log``. Those of the network stand in ``options``, those of parts of the recipe in
            ``augment`` and ``simulate``.
        base: the recipe to change.

    Attributes:
        tables: as given.
        axes: what is searched; a range of lists is an axis for each of their numbers.

    Raises:
        TuningError: an unknown hyperparameter, an empty range, a wrong type, a value that the
            recipe or its network cannot have; the sentence names it.
    """

    def __init__(self, tables: Mapping[str, Any], base: Recipe) -> None:
        self.tables = dict(tables)
        defaults = _defaults(base)
        self.axes: list[Axis] = []
        for name, table in _dimensions(self.tables, defaults):
            self.axes += _axes(name, table, defaults[name])
        if not self.axes:
            raise TuningError("the space names no hyperparameter to search")
        self._base = base
        self._check_values()

    @classmethod
    def load(cls, path: str | os.PathLike[str], base: Recipe) -> "Space":
        """Load a space from a TOML file.

        Raises:
            TuningError: missing, unreadable, no TOML, or not a space of this recipe.
        """
        path = Path(path)
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
        except OSError as error:
            raise TuningError(f"the space {path} cannot be read: {reason(error)}") from error
        if len(content) > _MAX_BYTES:
            raise TuningError(f"{path} is larger than {_MAX_BYTES >> 20} MiB, as no space is")
        try:
            tables = tomllib.loads(content.decode())
        except (ValueError, RecursionError) as error:
            raise TuningError(f"{path} is not sound TOML: {error}") from error
        try:
            return cls(tables, base)
        except TuningError as error:
            raise TuningError(f"{path}: {error}") from error

    @classmethod
    def default(cls, base: Recipe, method: str) -> "Space":
        """Return the space that comes with InkDigits for a recipe's network and a method."""
        own = _SPACES / f"{base.network}.toml"
        name = "grid" if method == "grid" else base.network if own.is_file() else "any"
        return cls.load(_SPACES / f"{name}.toml", base)

    def suggest(self, trial: "Trial") -> dict[str, Any]:
        """Let a trial choose the parameters of all axes."""
        return {axis.name: axis.suggest(trial) for axis in self.axes}

    def recipe(self, params: Mapping[str, Any]) -> Recipe:
        """Return the recipe with a trial's parameters, or some of them, in their places.

        Raises:
            RecipeError: they do not go together.
        """
        fields = self._base.model_dump()
        lists: dict[str, list[Any]] = {}
        for axis in self.axes:
            if axis.name not in params:
                continue
            value = axis.value(params[axis.name])
            if axis.position is None:
                _put(fields, axis.field, value)
            else:
                lists.setdefault(axis.field, []).append(value)
        for field, values in lists.items():
            _put(fields, field, values)
        return Recipe.of(fields)

    def own_params(self) -> dict[str, Any] | None:
        """Return the parameters that the recipe itself has, or `None` if it lies outside."""
        defaults = _defaults(self._base)
        params = {axis.name: axis.param_of(defaults[axis.field]) for axis in self.axes}
        return None if any(param is None for param in params.values()) else params

    def grid(self) -> dict[str, list[Any]]:
        """Return the parameters of each axis that a grid goes through."""
        return {axis.name: axis.grid() for axis in self.axes}

    def grid_size(self) -> int:
        """Return how many trials a grid has."""
        return math.prod(len(axis.grid()) for axis in self.axes)

    def _check_values(self) -> None:
        """Try each bound and each choice by itself, so that what is impossible is named now."""
        from inkdigits.networks import build

        for field, group in itertools.groupby(self.axes, key=lambda axis: axis.field):
            axes = list(group)
            for params in zip(*(axis.extremes() for axis in axes)):
                try:
                    recipe = self.recipe({axis.name: p for axis, p in zip(axes, params)})
                    if field.startswith(_OPTIONS):
                        build(recipe.network, **recipe.options)
                except RecipeError as error:
                    raise TuningError(f"{field}: {error}") from error


def _defaults(base: Recipe) -> dict[str, Any]:
    """Return what may be searched, by name, with the recipe's own values."""
    from inkdigits.networks import options

    found: dict[str, Any] = {name: getattr(base, name) for name in _FIELDS}
    for name, value in {**options(base.network), **base.options}.items():
        found[f"{_OPTIONS}.{name}"] = value
    for part, off in _OFF.items():
        own = getattr(base, part)
        for name, value in (off if own is None else own.model_dump()).items():
            found[f"{part}.{name}"] = value
    return found


def _dimensions(
    tables: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, table in tables.items():
        nested = name in (_OPTIONS, *_OFF)
        inner = table if nested and isinstance(table, dict) else {"": table}
        for key, dimension in inner.items():
            whole = f"{name}.{key}" if nested else name
            if whole not in defaults:
                raise TuningError(
                    f"there is no hyperparameter {abbreviated(whole)}; there are "
                    f"{', '.join(defaults)}"
                )
            if not isinstance(dimension, dict):
                raise TuningError(
                    f"{whole} takes a table with choices, or with low and high, not "
                    f"{abbreviated(dimension)}"
                )
            yield whole, dimension


def _axes(name: str, table: Mapping[str, Any], default: Any) -> list[Axis]:
    for key in table:
        if key not in _KEYS:
            raise TuningError(
                f"{name} has no {abbreviated(key)}; it may have {', '.join(sorted(_KEYS))}"
            )
    if "choices" in table:
        if len(table) > 1:
            raise TuningError(f"{name} takes choices, or low and high, not both")
        return [_choice(name, table["choices"])]
    if "low" not in table or "high" not in table:
        raise TuningError(f"{name} takes choices, or low and high")
    low, high = table["low"], table["high"]
    step, log = table.get("step"), table.get("log", False)
    if not isinstance(log, bool):
        raise TuningError(f"{name}: log is true or false, not {abbreviated(log)}")
    if isinstance(default, tuple | list):
        return _list_axes(name, low, high, step, log)
    if isinstance(default, bool) or not isinstance(default, int | float):
        raise TuningError(f"{name} is not a number: give it choices, not a range")
    return [_range(name, name, None, low, high, step, log, is_float=isinstance(default, float))]


def _choice(name: str, choices: Any) -> Axis:
    if not isinstance(choices, list) or not choices:
        raise TuningError(f"{name}: choices is a list of one or more, not {abbreviated(choices)}")
    labels = [json.dumps(value) for value in choices]
    if len(set(labels)) < len(labels):
        raise TuningError(f"{name} has a choice twice")
    return Choice(name, name, None, tuple(choices))


def _list_axes(name: str, low: Any, high: Any, step: Any, log: bool) -> list[Axis]:
    if not isinstance(low, list) or not isinstance(high, list) or len(low) != len(high) or not low:
        raise TuningError(f"{name} takes lists of numbers for low and high, of the same length")
    return [
        _range(f"{name}.{position}", name, position, one, other, step, log, is_float=False)
        for position, (one, other) in enumerate(zip(low, high), 1)
    ]


def _range(
    name: str,
    field: str,
    position: int | None,
    low: Any,
    high: Any,
    step: Any,
    log: bool,
    *,
    is_float: bool,
) -> Axis:
    kinds = (int, float) if is_float else (int,)
    for key, value in (("low", low), ("high", high), ("step", step)):
        if value is None and key == "step":
            continue
        if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
            what = "a number" if is_float else "a whole number"
            raise TuningError(f"{name}: {key} is {what}, not {abbreviated(value)}")
    if low > high:
        raise TuningError(f"{name}: its range is empty, from {low} up to {high}")
    if step is not None and step <= 0:
        raise TuningError(f"{name}: step is above 0, not {step}")
    if log and low <= 0:
        raise TuningError(f"{name}: a logarithmic range begins above 0, not at {low}")
    if log and step is not None:
        raise TuningError(f"{name}: a range is logarithmic or has a step, not both")
    if is_float:
        step = None if step is None else float(step)
        return FloatRange(name, field, position, float(low), float(high), step, log)
    return IntRange(name, field, position, low, high, step or 1, log)


def _put(fields: dict[str, Any], field: str, value: Any) -> None:
    part, dot, name = field.partition(".")
    if not dot:
        fields[field] = value
        return
    fields[part] = {**(_OFF[part] if fields[part] is None else fields[part]), name: value}

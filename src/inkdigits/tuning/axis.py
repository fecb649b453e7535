"""The axes of a space: one hyperparameter each, or one number of a list of them."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from optuna.trial import Trial

__all__ = ["Axis", "Choice", "FloatRange", "IntRange"]

_GRID_POINTS = 3  # of a range without a step


@dataclass(frozen=True)
class _Named:
    """What all axes have.

    Args:
        name: what Optuna calls the parameter.
        field: of the recipe, with dots.
        position: in the field's list, counted from 1; `None` where it is no list.
    """

    name: str
    field: str
    position: int | None

    def _own(self, default: Any) -> Any:
        """Return what the axis is about, of the field's own value."""
        if self.position is None:
            return default
        return default[self.position - 1] if self.position <= len(default) else None


@dataclass(frozen=True)
class Choice(_Named):
    """One of some values.

    Args:
        choices: of any type that TOML has.
    """

    choices: tuple[Any, ...]

    def suggest(self, trial: "Trial") -> Any:
        return trial.suggest_categorical(self.name, [_label(value) for value in self.choices])

    def value(self, param: Any) -> Any:
        return next(value for value in self.choices if _label(value) == param)

    def param_of(self, default: Any) -> Any:
        label = _label(list(default) if isinstance(default, tuple) else default)
        return label if label in self.grid() else None

    def grid(self) -> list[Any]:
        return [_label(value) for value in self.choices]

    def extremes(self) -> list[Any]:
        return self.grid()


@dataclass(frozen=True)
class FloatRange(_Named):
    """A number from `low` to `high`, both included."""

    low: float
    high: float
    step: float | None
    log: bool

    def suggest(self, trial: "Trial") -> float:
        return trial.suggest_float(self.name, self.low, self.high, step=self.step, log=self.log)

    def value(self, param: Any) -> float:
        return float(param)

    def param_of(self, default: Any) -> float | None:
        return default if self.low <= default <= self.high else None

    def grid(self) -> list[Any]:
        if self.step is not None:
            count = int((self.high - self.low) / self.step + 1e-9) + 1
            return [self.low + number * self.step for number in range(count)]
        space = np.geomspace if self.log else np.linspace
        return sorted(set(space(self.low, self.high, _GRID_POINTS).tolist()))

    def extremes(self) -> list[Any]:
        return [self.low, self.high]


@dataclass(frozen=True)
class IntRange(_Named):
    """A whole number from `low` to `high`, both included."""

    low: int
    high: int
    step: int
    log: bool

    def suggest(self, trial: "Trial") -> int:
        return trial.suggest_int(self.name, self.low, self.high, step=self.step, log=self.log)

    def value(self, param: Any) -> int:
        return int(param)

    def param_of(self, default: Any) -> int | None:
        own = self._own(default)
        inside = own is not None and self.low <= own <= self.high
        return own if inside and (own - self.low) % self.step == 0 else None

    def grid(self) -> list[Any]:
        if not self.log:
            return list(range(self.low, self.high + 1, self.step))
        points = np.geomspace(self.low, self.high, _GRID_POINTS).round().astype(int)
        return sorted(set(points.tolist()))

    def extremes(self) -> list[Any]:
        return [self.low, self.high]


Axis: TypeAlias = Choice | FloatRange | IntRange


def _label(value: Any) -> Any:
    """Return what Optuna can keep: a list becomes JSON."""
    return value if isinstance(value, bool | int | float | str) else json.dumps(value)

"""Limits that the options of all networks share."""

from typing import Annotated, TypeAlias

from pydantic import Field

__all__ = ["Size"]

Size: TypeAlias = Annotated[int, Field(ge=1, le=4096)]
"""Filters of a convolution or units of a dense layer. The limit is one of memory, not of sense."""

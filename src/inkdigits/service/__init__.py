"""The service: HTTP → reading; corrections → database."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkdigits.service.app import create_app
    from inkdigits.service.server import serve
    from inkdigits.service.settings import Settings

__all__ = ["Settings", "create_app", "serve"]

_FILE_OF = {"Settings": "settings", "create_app": "app", "serve": "server"}


def __getattr__(name: str) -> Any:
    # FastAPI is loaded for whoever serves, and not for whoever only promotes a model.
    if name not in _FILE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FILE_OF[name]}"), name)

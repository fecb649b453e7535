"""The service: HTTP → reading; corrections → database."""

from typing import TYPE_CHECKING

from inkdigits._lazy import lazy

if TYPE_CHECKING:
    from inkdigits.service.app import create_app
    from inkdigits.service.server import serve
    from inkdigits.service.settings import Settings

__all__ = ["Settings", "create_app", "serve"]

# FastAPI is loaded for whoever serves, and not for whoever only promotes a model.
__getattr__ = lazy(
    __name__,
    {"Settings": "settings", "create_app": "app", "serve": "server"},
)

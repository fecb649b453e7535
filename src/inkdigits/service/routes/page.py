"""The web page and its files."""

import mimetypes
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

__all__ = ["add_page"]

_FOLDER = Path(__file__).parent.parent / "page"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def add_page(app: FastAPI) -> None:
    """Serve the page at ``/`` and its files under ``/static``."""
    # Any program may have told Windows that scripts are plain text, which no browser runs then.
    for ending, kind in _TYPES.items():
        mimetypes.add_type(kind, ending)
    router = APIRouter()

    @router.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(_FOLDER / "index.html")

    app.include_router(router)
    app.mount("/static", StaticFiles(directory=_FOLDER), name="static")

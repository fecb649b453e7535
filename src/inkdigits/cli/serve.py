"""``inkdigits serve``: the service and its page."""

from pathlib import Path
from typing import Annotated

import typer

from inkdigits.cli._verb import verb

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)


@verb
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen at; 0.0.0.0 for all. (default: 127.0.0.1)")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes a free one. (default: 8000)")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes to answer with. (default: 1)")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="A run folder or .onnx file; by default what `inkdigits promote` put in service, "
            "or else the one in the package."
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where corrections are kept: sqlite:///FILE or postgresql://…. (default: a SQLite "
            "file in your data folder)",
        ),
    ] = None,
    corrections: Annotated[
        bool | None, typer.Option(help="Whether to take corrections. (default: yes)")
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option(
            help="Whoever asks must send it. INKDIGITS_API_KEY does not show in the list of "
            "processes."
        ),
    ] = None,
    rate_limit: Annotated[
        str | None, typer.Option(help="Most requests of one client, such as 600/minute.")
    ] = None,
) -> None:
    """Serve the web page and the API.

    All of this may also come from the environment, as INKDIGITS_PORT and so on; docs/service.md
    has what else there is.

    Example: `inkdigits serve`

    Example: `inkdigits serve --host 0.0.0.0 --workers 2 --rate-limit 600/minute`
    """
    from inkdigits.service import Settings
    from inkdigits.service import serve as run

    run(
        Settings.of(
            host=host,
            port=port,
            workers=workers,
            model=model,
            database=database,
            corrections=corrections,
            api_key=api_key,
            rate_limit=rate_limit,
        )
    )

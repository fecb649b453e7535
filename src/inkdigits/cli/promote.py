"""``inkdigits promote``: put a better model in service, or return to the one before."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkdigits.cli._verb import Json, fail, print_json, verb

if TYPE_CHECKING:
    from inkdigits.service.promotion import Comparison

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("promote")(promote)


@verb
def promote(
    model: Annotated[
        Path | None, typer.Argument(metavar="[RUN]", help="A run folder or .onnx file.")
    ] = None,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Return to the model that was in service before.")
    ] = False,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Of the corrections; by default the service's own."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Put a model in service, if it is better than the one that is.

    Both are measured now. The new one must get no fewer of MNIST's test digits right, and more of
    the corrections that are held out. A running service changes to it by itself; old models are
    kept.

    Example: `inkdigits promote runs/reader-2`

    Example: `inkdigits promote --rollback`
    """
    if (model is None) != rollback:
        raise typer.BadParameter("give the run to put in service, or --rollback")
    if model is None:
        if database is not None:
            raise typer.BadParameter("--rollback measures nothing: leave out --database")
        _roll_back(as_json)
        return

    from inkdigits._home import home
    from inkdigits.feedback import default_url
    from inkdigits.reading.model_file import model_file
    from inkdigits.service import promotion

    compared = promotion.promote(model_file(model), database or default_url(), home())
    if as_json:
        print_json(_to_dict(model, compared))
    else:
        _print_table(model, compared)
    if compared.refusal is not None:
        fail(compared.refusal)
    if compared.forgets:
        print(
            f"inkdigits: {model} takes every mark for a digit, as the model before did not: "
            "letters and scribbles will be read, too",
            file=sys.stderr,
        )
    if not as_json:
        print(
            f"\n{model} is in service now; inkdigits promote --rollback returns to the one before"
        )


def _roll_back(as_json: bool) -> None:
    from inkdigits._home import home
    from inkdigits.service.in_service import roll_back

    before = roll_back(home())
    if as_json:
        names = {"sha256": None, "source": None, "promoted_at": None}
        if before is not None:
            names = before.model_dump(mode="json", include=set(names))
        print_json({"packaged": before is None, **names})
    elif before is None:
        print("the packaged model is in service again")
    else:
        when = f"{before.promoted_at.astimezone():%Y-%m-%d %H:%M}"
        print(f"the model of {when}, from {before.source}, is in service again")


def _print_table(model: Path, compared: "Comparison") -> None:
    names = ["in service (packaged)" if compared.replaces_packaged else "in service", str(model)]
    width = max(map(len, names))
    print(f"{'':{width}}  MNIST test digits  held-out corrections")
    for name, figures in zip(names, (compared.in_service, compared.candidate), strict=True):
        print(f"{name:{width}}  {figures.mnist!s:>17}  {figures.corrections!s:>20}")


def _to_dict(model: Path, compared: "Comparison") -> dict[str, object]:
    return {
        "model": str(model),
        "sha256": compared.sha256,
        "promoted": compared.refusal is None,
        "in_service": compared.in_service.model_dump(),
        "candidate": compared.candidate.model_dump(),
    }

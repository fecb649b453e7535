"""``inkdigits models``: list the networks."""

import typer

from inkdigits.cli._verb import Json, print_json, verb

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("models")(models)


@verb
def models(as_json: Json = False) -> None:
    """List the networks that can be trained, with their size, cost and options.

    Example: `inkdigits models`
    """
    from inkdigits.networks import build, count_multiply_adds, describe, names, options

    rows = []
    for name in names():
        network = build(name)
        rows.append(
            {
                "name": name,
                "description": describe(name),
                "parameters": network.count_params(),
                "multiply_adds": count_multiply_adds(network),
                "options": options(name),
            }
        )
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print(f"{row['name']}: {row['description']}")
        print(
            f"  {row['parameters']:,} parameters, {row['multiply_adds']:,} multiply-adds an image"
        )
        chosen = (f"{option}={_plain(value)}" for option, value in row["options"].items())
        print(f"  options: {', '.join(chosen)}\n")


def _plain(value: object) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)

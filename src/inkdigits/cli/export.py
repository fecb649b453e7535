"""``inkdigits export``: turn a trained network into one file that programs can use."""

from pathlib import Path
from typing import Annotated

import typer

from inkdigits.cli._verb import Json, print_json, verb

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("export")(export)


@verb
def export(
    model: Annotated[Path, typer.Argument(help="A run folder or a .keras file.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write; by default the run's model.onnx, or the .keras file's name."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Export a network to a self-describing .onnx file, checked against Keras on 1,000 digits.

    Example: `inkdigits export runs/reference --out digits.onnx`
    """
    from inkdigits.export import export_onnx
    from inkdigits.networks.saved import load_network
    from inkdigits.reading import ModelCard
    from inkdigits.training import Run

    if model.suffix == ".keras":
        network = load_network(model)
        card = ModelCard.of_unknown(model.stem, parameters=network.count_params())
        path = out or model.with_suffix(".onnx")
    else:
        run = Run(model)
        network, card, path = run.network(), run.card(run.metrics), out or run.model_path
    difference = export_onnx(network, path, card)
    size = path.stat().st_size
    if as_json:
        print_json({"path": str(path), "bytes": size, "max_difference": difference})
    else:
        print(
            f"{path}: {size / 1e6:.2f} MB, probabilities within {difference:.1e} of Keras' on "
            "1,000 digits"
        )

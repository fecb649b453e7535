"""``inkdigits export``: turn a trained network into one file that programs can use."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkdigits.cli._verb import Json, print_json, verb
from inkdigits.export.formats import Format, Quantisation, file_name, quantisations

if TYPE_CHECKING:
    from inkdigits.datasets import Dataset
    from inkdigits.export import Measured
    from inkdigits.training import Run

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("export")(export)


@verb
def export(
    model: Annotated[Path, typer.Argument(help="A run folder or a .keras file.")],
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            help="onnx: for any ONNX runtime. tflite: for phones and microcontrollers. "
            "saved-model: for TensorFlow Serving. keras: to go on in Keras.",
        ),
    ] = Format.ONNX,
    quantise: Annotated[
        Quantisation,
        typer.Option(
            help="Round to 8 bits the weights (dynamic), or all, so that no float is left to "
            "microcontrollers (int8). ONNX and TFLite."
        ),
    ] = Quantisation.NONE,
    out: Annotated[
        Path | None,
        typer.Option(
            help="What to write; by default the run's model.onnx, model-int8.tflite and the like, "
            "or beside a .keras file, by its name."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Export a network to a file of its own, and measure that file against Keras.

    Training digits tell int8 how large activations become. The accuracy is on the test set.

    Example: `inkdigits export runs/reference --format tflite --quantise int8`
    """
    if quantise not in quantisations(form):
        raise typer.BadParameter(f"{form} files are not quantised; onnx and tflite files can be")

    from inkdigits.errors import ModelError
    from inkdigits.export import export_as, measure
    from inkdigits.networks.saved import load_network
    from inkdigits.reading import ModelCard
    from inkdigits.training import Run

    if model.name == "model.keras" and (model.parent / "recipe.json").is_file():
        model = model.parent  # the run knows more of its network than the file does
    if model.suffix == ".keras" and not model.is_dir():
        source, run = model, None
        network = load_network(model)
        card = ModelCard.of_unknown(model.stem, parameters=network.count_params())
        default = model.with_name(file_name(model.stem, form, quantise))
    else:
        run = Run(model)
        source = run.folder / "model.keras"
        network, card = run.network(), run.card(run.metrics)
        default = run.folder / file_name("model", form, quantise)
    path = out or default
    if path.resolve() == source.resolve():
        raise ModelError(f"{path} is what would be exported; choose another place with --out")
    if _is_a_runs(path) and path.resolve() != default.resolve():
        raise ModelError(f"{path} belongs to a run; choose another place with --out")
    dataset, test = _digits(run)
    export_as(network, path, card, form, quantise, dataset)
    measured = measure(path, form, network, dataset, test)
    if as_json:
        names = {"path": str(path), "format": form, "quantise": quantise}
        print_json({**names, **measured.to_dict()})
    else:
        print(f"{path}: {_sentence(measured, test.name)}")


def _is_a_runs(path: Path) -> bool:
    """Return whether training itself writes such a file there; its others have other endings."""
    ours = path.name.casefold() in ("model.onnx", "model.keras")
    return ours and (path.parent / "recipe.json").exists()


def _digits(run: "Run | None") -> "tuple[Dataset, Dataset]":
    """Return the digits that a run learned from, and those it was measured on.

    MNIST's stand in for what is unknown, or not there any more.
    """
    from inkdigits.cli.train import load_digits
    from inkdigits.datasets import load_mnist
    from inkdigits.errors import DataError, RunError

    if run is not None:
        try:
            dataset, test = load_digits(*run.data_paths)
            run.check_data(dataset, test)
            return (dataset, test) if test is not None else run.recipe.split(dataset)
        except (DataError, RunError) as error:
            print(f"inkdigits: {error}; MNIST takes its place", file=sys.stderr)
    return load_mnist()


def _sentence(measured: "Measured", test: str) -> str:
    return (
        f"{measured.bytes / 1e6:.2f} MB, accuracy {measured.accuracy:.2%} "
        f"(Keras {measured.keras_accuracy:.2%}) on the {measured.digits:,} digits of {test}, "
        f"probabilities within {measured.max_difference:.2g} of Keras', the same digit for "
        f"{measured.same_digit:.1%}"
    )

"""The notebook: it runs from top to bottom, and what is committed is such a run."""

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parent.parent / "Handwritten_Digit_Recognition.ipynb"

SILENT = {"install", "import", "parameters", "compile", "framing"}
"""Cells that only prepare; every other code cell shows something."""

OF_A_MACHINE = re.compile(r"/(home|tmp|root|work|Users|content|var)/|[A-Z]:\\")

REPORT = """
import json
print(json.dumps({
    "epochs": len(history.epoch),
    "fitted": len(fitting),
    "parameters": model.count_params(),
    "accuracy": evaluation.accuracy,
    "by_way": {name: outcome.accuracy for name, outcome in by_way.items()},
    "read": reading.text,
}))
"""


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def parameters_of(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Find the cell that papermill, and this test, may replace."""
    (cell,) = (c for c in code_cells(notebook) if "parameters" in c.metadata.get("tags", ()))
    return cell


def text_of(output: nbformat.NotebookNode) -> str:
    """Return what an output says, without its pictures, whose base64 may look like anything."""
    if output.output_type == "stream":
        return output.text
    return "\n".join(text for kind, text in output.get("data", {}).items() if "image" not in kind)


# On Windows, pyzmq says that it works around the event loop there.
@pytest.mark.filterwarnings("ignore:Proactor event loop:RuntimeWarning")
def test_it_runs_from_top_to_bottom(
    notebook: nbformat.NotebookNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody's own IPython start-up files or history.
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    folder = tmp_path / "working"
    folder.mkdir()
    parameters_of(notebook).source = "EPOCHS = 1\nDIGITS = 8_000"
    notebook.cells.append(nbformat.v4.new_code_cell(REPORT))

    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()

    report: dict[str, Any] = json.loads(text_of(notebook.cells[-1].outputs[-1]))
    assert report["epochs"] == 1
    assert report["fitted"] == 7_200
    assert report["parameters"] == 225_034
    assert report["accuracy"] > 0.85
    assert report["by_way"]["framed"] > 0.85
    assert report["by_way"]["framed"] > report["by_way"]["cut out"] + 0.1
    assert report["by_way"]["framed"] > report["by_way"]["resized"] + 0.1
    assert report["read"] == "7"
    assert not list(folder.iterdir())


def test_the_committed_outputs_are_of_one_full_run(notebook: nbformat.NotebookNode) -> None:
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert {cell.id for cell in cells if not cell.outputs} == SILENT

    settings = parameters_of(notebook).source
    assert re.findall(r"^(\w+) = (\w+)", settings, re.MULTILINE) == [
        ("EPOCHS", "12"),
        ("DIGITS", "None"),
    ]
    said = "\n".join(text_of(output) for cell in cells for output in cell.outputs)
    assert "Epoch 12/12" in said
    accuracy = re.search(r"test accuracy (\d+\.\d+)%", said)
    assert accuracy is not None
    assert float(accuracy[1]) > 98.5


def test_the_committed_outputs_are_clean(notebook: nbformat.NotebookNode) -> None:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type != "error", cell.id
            assert output.get("name") != "stderr", cell.id
            assert not OF_A_MACHINE.search(text_of(output)), cell.id
            # An object that Jupyter could not show says only what and where it is.
            data = output.get("data", {})
            shown = {"image/png", "text/html"} & set(data)
            assert shown or not data.get("text/plain", "").startswith("<"), cell.id
    assert not OF_A_MACHINE.search(json.dumps(notebook.metadata))
    assert notebook.metadata.kernelspec.name == "python3"
    assert NOTEBOOK.stat().st_size < 1_500_000


def test_it_opens_in_colab(notebook: nbformat.NotebookNode) -> None:
    assert (
        "https://colab.research.google.com/github/inkdigits/inkdigits/blob/main/"
        f"{NOTEBOOK.name}" in notebook.cells[0].source
    )
    nbformat.validate(notebook)

"""The public list, and how little importing it costs."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import inkdigits

PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "seven.png"
HEAVY = {"keras", "tensorflow", "jax", "torch", "matplotlib", "onnx", "optuna", "ray", "pyarrow"}
HEAVY |= {"fastapi", "uvicorn", "sqlalchemy"}


def test_public_api_is_this_and_no_more() -> None:
    assert inkdigits.__all__ == [
        "Augmentation",
        "ClusterError",
        "DataError",
        "Dataset",
        "Digit",
        "Evaluation",
        "FeedbackError",
        "InkDigitsError",
        "MissingExtraError",
        "ModelError",
        "Outcome",
        "PictureError",
        "Reader",
        "Reading",
        "Recipe",
        "RecipeError",
        "Run",
        "RunError",
        "ServiceError",
        "Simulation",
        "TuningError",
        "__version__",
        "add_channel",
        "build",
        "evaluate",
        "export_onnx",
        "load",
        "load_mnist",
        "load_parts",
        "one_hot",
        "resume",
        "scale",
        "train",
    ]


@pytest.mark.parametrize("name", inkdigits.__all__)
def test_every_public_name_resolves_and_is_documented(name: str) -> None:
    thing = getattr(inkdigits, name)
    assert name == "__version__" or thing.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'read_minds'"):
        inkdigits.read_minds  # noqa: B018


@pytest.mark.parametrize(
    "statement",
    [
        "import inkdigits",
        "from inkdigits.cli import main",
        "from inkdigits import Reader; import numpy; Reader().read(numpy.eye(28))",
        "from inkdigits import load_mnist; load_mnist()",
    ],
)
def test_what_is_light_imports_nothing_heavy(statement: str) -> None:
    probe = f"{statement}; import sys; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", probe], check=True, capture_output=True, text=True
    ).stdout.split()
    assert HEAVY.isdisjoint(modules)


def test_who_answers_requests_imports_nothing_that_reads() -> None:
    probe = "import inkdigits.service.server, inkdigits.service.app, sys; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", probe], check=True, capture_output=True, text=True
    ).stdout.split()
    reading = {"cv2", "onnxruntime", "PIL.Image"}
    assert (reading | HEAVY - {"fastapi", "uvicorn"}).isdisjoint(modules)


@pytest.mark.parametrize("module", ["inkdigits", "inkdigits.cli"])
def test_import_alone_does_not_even_import_numpy(module: str) -> None:
    probe = f"import {module}, sys; print('numpy' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", probe], check=True, capture_output=True, text=True
    ).stdout
    assert answer.strip() == "False"


@pytest.mark.skipif(os.name == "nt", reason="Windows has telemetry of its own")
def test_reading_leaves_no_trace_in_the_home_folder(tmp_path: Path) -> None:
    """ONNX Runtime would: it keeps an identifier there, and what it has yet to tell Microsoft."""
    home = tmp_path / "home"
    home.mkdir()
    quiet_by_themselves = ("ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in quiet_by_themselves and not name.startswith("XDG_")
    }
    subprocess.run(
        [sys.executable, "-m", "inkdigits", "read", str(PICTURE)],
        env={**environment, "HOME": str(home), "TMPDIR": str(home)},
        check=True,
        capture_output=True,
    )
    assert list(home.rglob("*")) == []


def test_every_module_lists_what_it_offers() -> None:
    root = Path(inkdigits.__file__).parent
    without = []
    for path in root.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        offers = any(
            isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            for node in tree.body
        )
        listed = any(
            isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
            for node in tree.body
        )
        if offers and not listed and "architectures" not in path.parts:
            without.append(path.relative_to(root).as_posix())
    assert without == []


def test_files_hold_one_idea() -> None:
    root = Path(inkdigits.__file__).parent
    long = [
        path.name
        for path in root.rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > 400
    ]
    assert long == []

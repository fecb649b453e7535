"""Every example runs, and so does every Python block of the README."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path: Path, tmp_path: Path) -> None:
    run([str(path)], tmp_path)


def test_python_of_the_readme(tmp_path: Path) -> None:
    """The blocks run one after the other, as a reader would type them, but train for a moment."""
    shutil.copytree(ROOT / "docs" / "pictures", tmp_path / "docs" / "pictures")
    code = "\n".join(BLOCKS)
    assert "train(" in code
    assert "Recipe()" in code
    assert "digits, test = load_mnist()\n" in code
    code = code.replace("load_mnist()\n", "load_mnist(); digits = digits.take(range(6_000))\n")
    run(["-c", code.replace("Recipe()", "Recipe(epochs=1)")], tmp_path)


def run(arguments: list[str], folder: Path) -> None:
    process = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert process.returncode == 0, process.stderr

"""Every example runs, and so does every Python block of the README."""

import re
import runpy
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path: Path) -> None:
    runpy.run_path(str(path), run_name="__main__")


def test_python_of_the_readme(folder: Path) -> None:
    """The blocks run one after the other, as a reader would type them, but train for a moment."""
    shutil.copytree(ROOT / "docs" / "pictures", folder / "docs" / "pictures")
    code = "\n".join(BLOCKS)
    assert "train(" in code
    assert "Recipe()" in code
    assert "digits, test = load_mnist()\n" in code
    code = code.replace("load_mnist()\n", "load_mnist(); digits = digits.take(range(2_000))\n")
    (folder / "readme.py").write_text(code.replace("Recipe()", "Recipe(epochs=1)"), "utf-8")
    runpy.run_path("readme.py", run_name="__main__")

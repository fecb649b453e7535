"""The command line: what it prints, how it exits, and that bad input gets one plain sentence."""

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits import Dataset, Recipe, Run, load, networks
from inkdigits._text import shell_quoted
from inkdigits.cli._preview import preview
from inkdigits.cli._verb import print_json
from inkdigits.cli.train import load_digits
from inkdigits.datasets import load_parts
from inkdigits.errors import DataError

from .conftest import Cli

VERBS = [
    "explore",
    "train",
    "evaluate",
    "export",
    "read",
    "feedback",
    "promote",
    "benchmark",
    "models",
]


def sentence(result: object) -> str:
    """The one line on the standard error of a verb that failed."""
    assert result.exit_code == 1, result.output  # type: ignore[attr-defined]
    (line,) = result.stderr.splitlines()  # type: ignore[attr-defined]
    assert line.startswith("inkdigits: ")
    assert "Traceback" not in line
    return str(line)


@pytest.fixture
def seven(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> Path:
    path = tmp_path / "seven.png"
    Image.fromarray(255 - mnist[1].images[0]).resize((140, 140)).save(path)
    return path


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_with_an_example(cli: Cli, verb: str) -> None:
    result = cli(verb, "--help")
    assert result.exit_code == 0
    assert f"Example: inkdigits {verb}" in result.stdout.replace("`", "")
    assert "--json" in result.stdout
    assert "--debug" in result.stdout


def test_help_lists_the_verbs_and_version_is_the_packages(cli: Cli) -> None:
    help_text = cli("--help").stdout
    assert all(verb in help_text for verb in VERBS)
    from inkdigits import __version__

    assert cli("--version").stdout == f"inkdigits {__version__}\n"


def test_usage_errors_exit_with_2(cli: Cli) -> None:
    assert cli("write").exit_code == 2
    assert cli("read").exit_code == 2
    assert cli("train", "--epochs", "many").exit_code == 2
    assert cli("train", "--option", "filters").exit_code == 2
    assert cli("train", "--resume", "runs/x", "--epochs", 3).exit_code == 2


def test_read_prints_the_contracts_json(cli: Cli, seven: Path) -> None:
    result = cli("read", "--json", seven)
    assert result.exit_code == 0
    assert result.stderr == ""
    row = json.loads(result.stdout)
    assert list(row) == [
        "path", "page", "width", "height", "text", "confidence", "digits", "error"
    ]  # fmt: skip
    assert row["path"] == str(seven)
    assert (row["page"], row["width"], row["height"]) == (0, 140, 140)
    assert row["text"] == "7"
    assert row["error"] is None
    (digit,) = row["digits"]
    assert list(digit) == ["digit", "confidence", "box", "line"]
    assert digit["digit"] == 7
    assert len(digit["box"]) == 4
    assert row["confidence"] == digit["confidence"] > 0.9


def test_read_for_people(cli: Cli, seven: Path, tmp_path: Path) -> None:
    Image.new("L", (50, 50), 255).save(tmp_path / "blank.png")
    result = cli("read", seven, "blank.png")
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"{seven}: 7  (")
    assert lines[1] == "blank.png: no digit"


def test_read_takes_files_folders_globs_and_standard_input(
    cli: Cli, seven: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "scans" / "deep"
    folder.mkdir(parents=True)
    for name in ("b.png", "a.png", ".c.txt"):
        (folder / name).write_bytes(seven.read_bytes())
    result = cli("read", "--json", "scans", "*.png", seven, "-", stdin=seven.read_bytes())
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["path"] for row in rows] == [
        str(Path("scans", "deep", "a.png")),
        str(Path("scans", "deep", "b.png")),
        "seven.png",
        str(seven),
        "-",
    ]
    assert {row["text"] for row in rows} == {"7"}


def test_a_bad_picture_gets_its_own_line_and_the_others_still_come(
    cli: Cli, seven: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("not a picture")
    result = cli("read", "--json", "text.png", seven, "nowhere.png", "*.jpg")
    assert result.exit_code == 1
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["text"] for row in rows] == ["", "7", "", ""]
    assert "is not a picture of a known format" in rows[0]["error"]
    assert rows[1]["error"] is None
    assert rows[2]["error"] == "nowhere.png does not exist"
    assert rows[3]["error"] == "*.jpg does not exist"
    people = cli("read", "text.png", seven)
    assert people.exit_code == 1
    assert "text.png is not a picture" in people.stderr
    assert ": 7" in people.stdout


def test_read_with_a_run_or_its_model(cli: Cli, seven: Path, trained: Run) -> None:
    for model in (trained.folder, trained.model_path):
        assert json.loads(cli("read", "--json", seven, "--model", model).stdout)["digits"]
    assert "there is no model file" in sentence(cli("read", seven, "--model", "nowhere.onnx"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_picture_without_rights_is_named(cli: Cli, seven: Path) -> None:
    seven.chmod(0)
    assert "seven.png cannot be read: Permission denied" in cli("read", seven).stderr


@pytest.mark.parametrize(
    ("backend", "sentence"),
    [
        ("theano", "KERAS_BACKEND is theano; it may be tensorflow, jax, torch"),
        ("jax", "this needs jax, which is not installed: pip install jax"),
    ],
)
def test_a_backend_that_is_not_there(tmp_path: Path, backend: str, sentence: str) -> None:
    probe = (
        "from tests.conftest import block_imports; from inkdigits.cli import main\n"
        "with block_imports('jax'): main()"
    )
    process = subprocess.run(
        [sys.executable, "-c", probe, "train"],
        cwd=tmp_path,
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "PYTHONPATH": str(Path(__file__).parent.parent),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert process.stderr == f"inkdigits: {sentence}\n"
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("blocked", "arguments", "extra"),
    [
        ("keras", ["train"], "train"),
        ("matplotlib", ["explore"], "train"),
        ("matplotlib", ["evaluate", "model"], "train"),
        ("onnx", ["export", "run"], "train"),
        ("ai_edge_litert", ["export", "run", "--format", "tflite"], "tflite"),
        ("pyarrow", ["explore", "digits.parquet"], "parquet"),
        ("fastapi", ["serve", "--port", "0"], "serve"),
        ("sqlalchemy", ["feedback", "list"], "serve"),
        ("sqlalchemy", ["promote", "model"], "serve"),
        ("sqlalchemy", ["train", "--also", "feedback"], "serve"),
        ("filelock", ["promote", "--rollback"], "serve"),
    ],
)
def test_a_missing_extra_is_the_line_to_type(
    tmp_path: Path, trained: Run, blocked: str, arguments: list[str], extra: str
) -> None:
    """In a process of its own, where none of it has been imported yet."""
    (tmp_path / "digits.parquet").touch()
    names = {"run": str(trained.folder), "model": str(trained.model_path)}
    words = [names.get(word, word) for word in arguments]
    probe = (
        "import sys; from tests.conftest import block_imports;"
        f"sys.argv = ['inkdigits', *{words!r}];"
        "from inkdigits.cli import main\n"
        f"with block_imports({blocked!r}): main()"
    )
    process = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    *notices, error = process.stderr.splitlines()
    assert error == (
        f'inkdigits: this needs {blocked}, which is not installed: pip install "inkdigits[{extra}]"'
    )
    assert all("MNIST takes its place" in notice for notice in notices)
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_a_pipe_in_a_folder_is_not_waited_for(cli: Cli, seven: Path, tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    os.mkfifo(folder / "a.png")
    (folder / "b.png").write_bytes(seven.read_bytes())
    (row,) = map(json.loads, cli("read", "--json", "scans").stdout.splitlines())
    assert row["path"] == str(Path("scans", "b.png"))


def test_names_do_not_break_lines_apart(cli: Cli) -> None:
    result = cli("read", "two\nlines.png")
    assert result.stderr == "inkdigits: two\\nlines.png does not exist\n"


@pytest.mark.skipif(os.name == "nt", reason="the shell's way to close it is POSIX'")
def test_without_a_standard_input_the_others_still_come(seven: Path) -> None:
    process = subprocess.run(
        ["sh", "-c", 'exec "$0" -m inkdigits read --json - "$1" <&-', sys.executable, str(seven)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    first, second = map(json.loads, process.stdout.splitlines())
    assert "no standard input" in first["error"] or "cannot" in first["error"]
    assert second["text"] == "7"


def test_damaged_files_of_a_run_are_named(cli: Cli, trained: Run, tmp_path: Path) -> None:
    shutil.copytree(trained.folder, tmp_path / "run")
    for file, content, verb in (
        ("metrics.json", "{}", "export"),
        ("metrics.json", "[" * 100_000, "export"),
        (
            "history.csv",
            "epoch,loss,accuracy,val_loss,val_accuracy,seconds\n1,nan,1,1,1,1",
            "evaluate",
        ),
        ("model.keras", "garbage", "export"),
        ("model.onnx", "garbage", "evaluate"),
        ("recipe.json", "{}", "export"),
    ):
        path = tmp_path / "run" / file
        whole = path.read_bytes()
        path.write_text(content)
        assert file in sentence(cli(verb, "run"))
        path.write_bytes(whole)


def test_folders_without_pictures_or_rights(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    row = json.loads(cli("read", "--json", "empty").stdout)
    assert row["error"] == "empty holds no pictures"
    (tmp_path / "set" / "7").mkdir(parents=True)

    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)  # root may read everything
        result = cli("read", "empty")
        assert result.exit_code == 1
        assert result.stderr == "inkdigits: empty cannot be read: Permission denied\n"
        with pytest.raises(DataError, match="7 cannot be read: Permission denied"):
            load("set")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_training_in_a_terminal_shows_a_live_bar(small_data: Path, tmp_path: Path) -> None:
    import pty

    screen, terminal = pty.openpty()
    words = ["train", "--data", str(small_data), "--epochs", "2", "--option", "filters=2,2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "inkdigits", *words],
        cwd=tmp_path,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that the other end is closed
        while chunk := os.read(screen, 65536):
            shown += chunk
    os.close(screen)
    text = shown.decode()
    assert process.wait() == 0, text
    for expected in ("epoch   1/2", "epoch   2/2", "s left", "validation", "accuracy"):
        assert expected in text
    assert "Traceback" not in text
    for done, whole in re.findall(r"(\d+)/(\d+)", text):
        assert int(done) <= int(whole)


def test_models_lists_networks_with_their_cost(cli: Cli) -> None:
    rows = json.loads(cli("models", "--json").stdout)
    assert [row["name"] for row in rows] == networks.names()
    (reference,) = (row for row in rows if row["name"] == "reference")
    assert reference["parameters"] == 225_034
    assert reference["multiply_adds"] == 2_631_040
    text = cli("models").stdout
    assert "225,034 parameters, 2,631,040 multiply-adds" in text
    assert "filters=[32, 64]" in text


def test_explore_draws_and_counts(cli: Cli, tmp_path: Path) -> None:
    result = cli("explore", "--augment", "standard", "--out", "pictures")
    assert result.exit_code == 0
    assert "MNIST train: 60,000 digits, uint8 (60000, 28, 28)" in result.stdout
    assert "⣿" in result.stdout
    names = {path.stem for path in (tmp_path / "pictures").iterdir()}
    assert names == {"samples", "counts", "mean-digits", "augmented"}
    facts = json.loads(cli("explore", "--json").stdout)
    assert sum(facts["counts"]) == facts["digits"] == 60_000
    assert "'shaking' is not known" in sentence(cli("explore", "--augment", "shaking"))
    assert "nowhere does not exist" in sentence(cli("explore", "nowhere"))


def test_preview_sets_a_dot_a_pixel() -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 0, 0] = image[0, 3, 1] = image[0, 27, 27] = 255
    lines = preview(image, ["x"]).splitlines()
    assert len(lines) == 8
    assert lines[0][0] == chr(0x2800 + 0x01 + 0x80)
    assert lines[6][13] == chr(0x2800 + 0x80)


@pytest.fixture
def small_data(tmp_path: Path, some_digits: Dataset, some_test_digits: Dataset) -> Path:
    path = tmp_path / "small.npz"
    np.savez(
        path,
        x_train=some_digits.images,
        y_train=some_digits.labels,
        x_test=some_test_digits.images,
        y_test=some_test_digits.labels,
    )
    return path


def test_train_evaluate_export_and_read_end_to_end(
    cli: Cli, small_data: Path, seven: Path, tmp_path: Path
) -> None:
    result = cli(
        "train", "--data", small_data, "--model", "vgg", "--option", "filters=4,8",
        "--option", "activation=elu", "--epochs", 1, "--seed", 5,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""  # quiet in a pipe
    assert "small.npz test: accuracy" in result.stdout
    assert "model, plots, metrics and logs are in" in result.stdout
    run = Run(tmp_path / "runs" / "vgg")
    assert run.recipe.options == {"filters": [4, 8], "activation": "elu"}
    assert run.recipe.seed == 5

    result = cli("evaluate", "runs/vgg", "--data", small_data, "--json")
    figures = json.loads(result.stdout)
    assert figures["accuracy"] == pytest.approx(run.metrics["test_accuracy"], abs=0.002)
    folder = tmp_path / figures["folder"]
    assert (folder / "metrics.json").exists()
    assert (folder / "plots" / "history.png").exists()
    assert figures["folder"] == str(Path("evaluations", "vgg-on-small-npz-test"))
    assert "choose another --out" in sentence(
        cli("evaluate", "runs/vgg", "--data", small_data, "--out", "runs/vgg")
    )
    text = cli("evaluate", "runs/vgg/model.onnx", "--data", small_data).stdout
    assert "most confidently wrong" in text

    run.model_path.unlink()
    result = cli("export", "runs/vgg", "--json")
    assert json.loads(result.stdout)["max_difference"] <= 1e-4
    assert "within" in cli("export", "runs/vgg/model.keras", "--out", "own.onnx").stdout
    for model in ("runs/vgg", "own.onnx"):
        assert cli("read", seven, "--model", model).exit_code == 0

    again = cli("train", "--recipe", "runs/vgg/recipe.json", "--data", small_data, "--json")
    assert json.loads(again.stdout)["folder"] == str(Path("runs", "vgg-2"))
    assert Run("runs/vgg-2").metrics["test_accuracy"] == run.metrics["test_accuracy"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--epochs", "-1"], "recipe's epochs cannot be -1"),
        (["--model", "lenet"], "no network 'lenet'; there are branched, fast, reader"),
        (["--option", "width=3"], "no option 'width'"),
        (["--option", "filters=64"], "filters: it takes numbers such as 32,64, not 64"),
        (["--option", "filters=" + "[" * 9999], "it takes numbers such as 32,64, not '[[["),
        (["--recipe", "nowhere.toml"], "there is no recipe nowhere.toml"),
        (["--recipe", "writer"], "no recipe writer; those with a name are accurate, fast"),
        (["--recipe", "reader", "--model", "vgg"], "'vgg' gives probabilities, and marks"),
        (["--recipe", "bad.toml"], "no field 'epoch'"),
        (["--data", "nowhere"], "nowhere does not exist"),
        (["--resume", "nowhere"], "nowhere is no run folder"),
        (["--out", "taken"], "taken exists already"),
        (["--augment", "strong"], "augmentation 'strong' is not known"),
        (["--schedule", "zigzag"], "recipe's schedule cannot be 'zigzag'"),
        (["--precision", "int1"], "recipe's precision cannot be 'int1'"),
        (["--learning-rate", "nan"], "recipe's learning_rate cannot be nan"),
    ],
)
def test_train_says_what_is_wrong_and_leaves_nothing(
    cli: Cli, tmp_path: Path, arguments: list[str], expected: str
) -> None:
    (tmp_path / "bad.toml").write_text("epoch = 3")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "something").touch()
    before = sorted(tmp_path.rglob("*"))
    assert expected in sentence(cli("train", *arguments))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_report_is_never_written_over_another_models(
    cli: Cli, trained: Run, small_data: Path, tmp_path: Path
) -> None:
    runs = [shutil.copytree(trained.folder, tmp_path / parent / "run") for parent in ("p1", "p2")]
    for number, run in enumerate(runs):
        result = cli("evaluate", run, "--data", small_data, "--json")
        folder = tmp_path / json.loads(result.stdout)["folder"]
        assert folder.name == ("run-on-small-npz-test", "run-on-small-npz-test-2")[number]
        assert json.loads((folder / "metrics.json").read_text())["models"] == [str(run.resolve())]
    (runs[0] / "history.csv").write_bytes(b"\xff")
    assert "history.csv" in sentence(cli("evaluate", runs[0], "--data", small_data))
    assert len(list((tmp_path / "evaluations").iterdir())) == 2


def test_a_report_has_a_name_that_every_system_takes(
    cli: Cli, trained: Run, small_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "八").mkdir()
    names = [tmp_path / "八" / f"{'八' * 70}{number}.onnx" for number in range(3)]
    for name in names:
        shutil.copy(trained.model_path, name)
    result = cli("evaluate", *names, "--data", small_data, "--json")
    folder = json.loads(result.stdout)["folder"]
    assert folder == str(Path("evaluations", f"{'八' * 33}-on-small-npz-test"))
    assert (tmp_path / folder / "metrics.json").exists()


def test_models_of_other_kinds_get_their_sentence(
    cli: Cli, trained: Run, seven: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained.folder, tmp_path / "my run")
    (tmp_path / "my run" / "model.onnx").unlink()
    for verb in (["evaluate"], ["read", seven, "--model"], ["benchmark", "--model"]):
        assert sentence(cli(*verb, "my run")).endswith(
            f"my run has no model.onnx any more: inkdigits export {shell_quoted('my run')}"
        )
        assert sentence(cli(*verb, "my run/model.keras")).endswith(
            "model.keras is neither a run folder nor an .onnx file; inkdigits export "
            f"{shell_quoted(Path('my run/model.keras'))} makes one"
        )
        assert sentence(cli(*verb, "model.tflite")).endswith("a run folder nor an .onnx file")
    (tmp_path / "my run" / "metrics.json").unlink()
    assert sentence(cli("evaluate", "my run")).endswith(
        f"my run is not finished: inkdigits train --resume {shell_quoted('my run')}"
    )


def test_a_run_whose_digits_moved_asks_where_they_are(
    cli: Cli, small_data: Path, tmp_path: Path
) -> None:
    parts = load_parts(small_data)
    Run.create("run", Recipe(epochs=1), parts.train, parts.test)
    moved = small_data.rename(tmp_path / "elsewhere.npz")
    said = sentence(cli("train", "--resume", "run"))
    assert "small.npz, which is not there any more: say with --data where" in said
    assert cli("train", "--resume", "run", "--data", moved).exit_code == 0


def test_a_run_folder_may_be_called_as_a_file_is(
    cli: Cli, trained: Run, small_data: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained.folder, tmp_path / "run.keras")
    (tmp_path / "run.keras" / "metrics.json").unlink()
    assert cli("evaluate", "run.keras", "--data", small_data).exit_code == 0
    assert "run.keras is not finished" in sentence(cli("export", "run.keras"))


@pytest.mark.parametrize("shell", ["nt", "posix"])
def test_a_path_to_type_is_quoted_where_it_must_be(
    shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "name", shell)
    assert shell_quoted("runs/vgg-2") == "runs/vgg-2"
    if shell == "nt":
        assert shell_quoted(r"C:\Users\RUNNER~1\run") == r"C:\Users\RUNNER~1\run"
        assert shell_quoted(r"C:\my runs") == r'"C:\my runs"'
    else:
        assert shlex.split(shell_quoted("my runs/it's $5")) == ["my runs/it's $5"]


def test_json_knows_no_nan(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"loss": float("nan"), "rows": [float("inf"), 1.5], "name": "NaN"})
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == {
        "loss": None,
        "rows": [None, 1.5],
        "name": "NaN",
    }


def test_nothing_is_measured_on_the_digits_it_learned_from(
    cli: Cli, some_digits: Dataset, small_data: Path, tmp_path: Path
) -> None:
    np.savez(tmp_path / "all.npz", x_train=some_digits.images, y_train=some_digits.labels)
    for same in ("all.npz", tmp_path / "all.npz"):
        assert "sets no digits aside to measure on" in sentence(
            cli("train", "--data", "all.npz", "--test", same)
        )
    assert not (tmp_path / "runs").exists()
    digits, test = load_digits(small_data, small_data)  # which has two parts
    assert test is not None
    assert (len(digits), len(test)) == (2000, 1000)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_named(cli: Cli, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert "the run folder locked/run cannot be made" in sentence(
        cli("train", "--out", "locked/run")
    )


def test_ctrl_c_while_modules_are_imported_ends_quietly() -> None:
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
    module, function = project["project"]["scripts"]["inkdigits"].split(":")
    probe = f"""
import signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == "typer":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Finder())
from {module} import {function}
{function}()
"""
    process = subprocess.run(
        [sys.executable, "-c", probe, "--version"], capture_output=True, text=True, check=False
    )
    assert (process.returncode, process.stdout, process.stderr) == (130, "", "")


def test_debug_shows_where_an_error_came_from(cli: Cli) -> None:
    result = cli("explore", "nowhere", "--debug")
    assert type(result.exception).__name__ == "DataError"


def test_a_reader_who_has_had_enough_ends_us_quietly(seven: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "inkdigits", "read", "--json", *[str(seven)] * 2000],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 1

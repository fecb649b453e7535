"""docs/service.md is true: its examples, its tables, the container and the systemd unit."""

import json
import math
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer

from inkdigits.cli import app
from inkdigits.service import Settings
from inkdigits.service.routes.parts import PROBLEMS
from tests.serving import Server, serving

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "service.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
UNIT = ROOT / "docs" / "service" / "inkdigits.service"
NEEDED = ["docs/pictures", "src/inkdigits/datasets/mnist_files"]

on_posix = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    with serving(home) as running:
        yield running


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what the examples read, in which they may write."""
    for name in NEEDED:
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def examples(language: str) -> list[tuple[str, str]]:
    """Return the blocks of a language, each with what the block after it says that it prints."""
    following = [*BLOCKS[1:], ("", "")]
    return [
        (code, printed if kind in ("json", "text") else "")
        for (name, code), (kind, printed) in zip(BLOCKS, following)
        if name == language
    ]


def run(command: list[str], folder: Path, **environment: str) -> str:
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
    return ended.stdout


def check(printed: str, said: str) -> None:
    """Make sure that an example printed what the document says, as far as that is always so."""
    try:
        wanted = json.loads(said)
    except ValueError:
        pattern = re.escape(said.strip()).replace("…", ".*")
        assert re.fullmatch(pattern, printed.strip()), printed
    else:
        assert alike(json.loads(printed), wanted), printed


def alike(value: Any, said: Any) -> bool:
    """Compare JSON: numbers roughly, ids by their form; an ellipsis stands for anything."""
    if said in ({"…": "…"}, ["…"]):
        return type(value) is type(said)
    if isinstance(said, dict) and isinstance(value, dict):
        return value.keys() == said.keys() and all(alike(value[key], said[key]) for key in said)
    if isinstance(said, list) and isinstance(value, list):
        return len(value) == len(said) and all(map(alike, value, said))
    if isinstance(said, float) and isinstance(value, float):
        return math.isclose(value, said, abs_tol=0.01)
    if not isinstance(said, str):
        return bool(value == said)
    if said == "…":
        return True
    if re.fullmatch("[0-9a-f]{12}|[0-9a-f]{32}", said):  # the model's version, a request's id
        return re.fullmatch(f"[0-9a-f]{{{len(said)}}}", str(value)) is not None
    return re.fullmatch(re.escape(said).replace("…", ".*"), str(value)) is not None


@on_posix
@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl: apt-get install curl")
def test_examples_for_the_shell(server: Server, home: Path, checkout: Path) -> None:
    found = examples("sh")
    assert len(found) >= 8
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for code, said in found:
        script = code.replace("http://127.0.0.1:8000", server.url)
        check(run(["sh", "-euc", script], checkout, PATH=path, INKDIGITS_HOME=str(home)), said)


def test_examples_in_python(server: Server, checkout: Path) -> None:
    found = examples("python")
    assert len(found) == 2
    for code, said in found:
        script = code.replace("http://127.0.0.1:8000", server.url)
        check(run([sys.executable, "-c", script], checkout), said)
    assert (checkout / "read.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node: apt-get install nodejs")
def test_examples_in_javascript(server: Server, checkout: Path) -> None:
    version = run(["node", "--version"], checkout)
    if int(version.removeprefix("v").split(".")[0]) < 18:
        pytest.skip(f"node is {version.strip()}, and fetch came with 18")
    ((code, said),) = examples("js")
    script = checkout / "read.mjs"
    script.write_text(code.replace("http://127.0.0.1:8000", server.url), "utf-8")
    check(run(["node", script.name], checkout), said)


def table(first: str) -> list[list[str]]:
    """Return the rows of the table whose first column is called so."""
    found = re.search(rf"^\| {first} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", DOCUMENT, re.MULTILINE)
    assert found is not None
    return [[cell.strip() for cell in row[1:-1].split("|")] for row in found[1].splitlines()]


def test_the_table_of_settings() -> None:
    serve = typer.main.get_command(app).commands["serve"]  # type: ignore[attr-defined]
    options = {option for parameter in serve.params for option in parameter.opts}
    wanted = []
    for name, field in Settings.model_fields.items():
        option = "--" + name.replace("_", "-")
        default = "" if field.default in (None, ()) else f"`{json.dumps(field.default)}`"
        wanted.append(
            [
                f"`{name}`",
                f"`{option}`" if option in options else "",
                f"`INKDIGITS_{name.upper()}`",
                default.replace('"', ""),
            ]
        )
    assert [row[:4] for row in table("setting")] == wanted
    assert options == {row[1].strip("`") for row in wanted if row[1]} | {"--debug"}


def test_the_table_of_errors() -> None:
    statuses = {int(status) for row in table("status") for status in row[0].split(",")}
    assert statuses == {*PROBLEMS, 404, 405, 500}


def test_the_table_of_figures(server: Server) -> None:
    exposition = httpx.get(f"{server.url}/metrics").text
    figures = set(re.findall(r"^# TYPE (\w+)", exposition, re.MULTILINE))
    rows = {row[0].strip("`"): row[1] for row in table("figure")}
    assert rows.keys() == {name for name in figures if not name.endswith("_created")}
    source = "".join(
        path.read_text("utf-8") for path in (ROOT / "src/inkdigits/service").rglob("*.py")
    )
    reasons = re.findall(r'(?:_refuse|rejections\.labels)\(\s*"(\w+)"', source)
    assert set(re.findall(r"`(\w+)`", rows["inkdigits_rejections_total"])) == {"reason", *reasons}


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)]+)\)", DOCUMENT)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    text = UNIT.read_text("utf-8")
    program = "/opt/inkdigits/bin/inkdigits"
    assert text.count(program) == 1
    assert program in DOCUMENT
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace(program, sys.executable), "utf-8")
    ended = subprocess.run(
        ["systemd-analyze", "verify", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # What it does not understand it ignores, and says so.
    assert (ended.returncode, ended.stderr) == (0, "")


class Image:
    """A folder that takes the place of a container's root, in which a Dockerfile is carried out.

    Python and what is installed beside these tests take the place of the image that it begins
    with: nothing is downloaded.

    Attributes:
        folder: the working directory.
        environment: what the Dockerfile and the image set.
        healthcheck: the command that tells whether the container is well.
        command: what the container runs.
    """

    def __init__(self, root: Path) -> None:
        self.root = self.folder = root
        self.healthcheck = ""
        self.command: list[str] = []
        programs = root / "usr" / "local" / "bin"
        venv.create(root / "usr" / "local", symlinks=True)
        (installed,) = (root / "usr" / "local").glob("lib/python*/site-packages")
        beside = [path for path in sys.path if path.endswith("site-packages")]
        (installed / "beside.pth").write_text("\n".join(beside), "utf-8")
        outside = Path(sys.executable).resolve()
        pip = programs / "pip"
        pip.write_text(
            f"#!/bin/sh\nexec {shlex.quote(str(outside))} -m pip --python {programs}/python "
            '"$@" --no-index --no-build-isolation --disable-pip-version-check\n',
            "utf-8",
        )
        pip.chmod(0o755)
        self.environment = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PIP_ROOT_USER_ACTION": "ignore",
        }

    def carry_out(self, dockerfile: Path) -> None:
        ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        text = re.sub(r"^#.*\n", "", dockerfile.read_text("utf-8"), flags=re.MULTILINE)
        for line in text.replace("\\\n", " ").splitlines():
            word, _, rest = line.partition(" ")
            if word == "WORKDIR":
                self.folder = self.root / rest.lstrip("/")
                self.folder.mkdir(parents=True)
            elif word == "COPY":
                *names, target = rest.split()
                for name in names:
                    assert f"!{name}" in ignored
                    self._copy(ROOT / name, self.folder / target)
            elif word in ("ARG", "ENV"):
                name, _, value = rest.partition("=")
                inside = value.startswith("/")
                self.environment[name] = f"{self.root}{value}" if inside else value
            elif word == "RUN":
                run(["sh", "-c", rest], self.folder, **self.environment)
            elif word == "HEALTHCHECK":
                self.healthcheck = rest.partition("CMD ")[2]
            elif word == "CMD":
                self.command = json.loads(rest)
            else:
                assert word in ("", "FROM", "USER", "EXPOSE"), line

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


@on_posix
def test_the_dockerfile_makes_a_service(tmp_path: Path) -> None:
    image = Image(tmp_path)
    image.carry_out(ROOT / "docs" / "service" / "Dockerfile")
    where = [f"{image.root}/usr/local/bin/python", "-c", "print(__import__('inkdigits').__file__)"]
    assert run(where, image.folder, **image.environment).startswith(str(image.root))

    assert image.environment["INKDIGITS_HOST"] == "0.0.0.0"  # noqa: S104
    image.environment["INKDIGITS_PORT"] = "0"  # as docker run --env; 8000 may be another's
    server = Server(
        image.command,
        cwd=image.folder,
        env={**os.environ, **image.environment},
        executable=shutil.which(image.command[0], path=image.environment["PATH"]),
    )
    try:
        server.wait_until_ready()
        picture = (ROOT / "docs" / "pictures" / "seven.png").read_bytes()
        port = server.url.rpartition(":")[2]
        answer = httpx.post(f"http://127.0.0.1:{port}/v1/read", content=picture, timeout=60)
        assert answer.json()["text"] == "7"
        environment = {**image.environment, "INKDIGITS_PORT": port}
        run(["sh", "-c", image.healthcheck], image.folder, **environment)
        database = image.folder / "data" / "feedback.db"
        deadline = time.monotonic() + 30
        while not database.exists():
            assert time.monotonic() < deadline, "no corrections could be kept"
            time.sleep(0.05)
        server.process.send_signal(signal.SIGINT)  # Ctrl-C
        assert server.process.wait(60) == 0
    finally:
        server.close()

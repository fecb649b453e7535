"""The service, asked over loopback as programs ask it."""

import asyncio
import base64
import concurrent.futures
import contextlib
import hashlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from starlette.requests import Request

from inkdigits import Dataset, Reader, Run
from inkdigits.errors import RunError, ServiceError
from inkdigits.feedback import Feedback
from inkdigits.service import Settings
from inkdigits.service.bodies import picture_of
from inkdigits.service.in_service import (
    Figures,
    Promotion,
    Score,
    changing,
    current_model,
    put_in_service,
)
from inkdigits.service.inference_process import InferenceProcess
from inkdigits.service.model import ModelInService
from tests.serving import Server, children, serving, without_settings

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
NOTE, SEVEN = PICTURES / "note.jpg", PICTURES / "seven.png"


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.05)


def base64_of(image: np.ndarray) -> str:
    return base64.b64encode(image.tobytes()).decode()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    with serving(home, "--database", f"sqlite:///{home / 'corrections.db'}") as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as connection:
        yield connection


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that lets little in."""
    limits = {
        "INKDIGITS_API_KEY": "open-sesame",
        "INKDIGITS_MAX_BYTES": "2000000",
        "INKDIGITS_MAX_DIGITS": "5",
        "INKDIGITS_ARRIVAL_TIMEOUT": "1",
        "INKDIGITS_CORRECTIONS": "false",
        "INKDIGITS_ALLOWED_ORIGINS": "https://friend.example",
    }
    home = tmp_path_factory.mktemp("strict")
    with serving(home, environment=limits) as running:
        yield running


@pytest.fixture
def keyed(strict: Server) -> Iterator[httpx.Client]:
    headers = {"x-api-key": "open-sesame"}
    with httpx.Client(base_url=strict.url, timeout=60, headers=headers) as connection:
        yield connection


def problem_of(answer: httpx.Response, status: int) -> str:
    """Make sure that an answer is a sound problem, and return its sentence."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    assert str(Path(__file__).parents[1]) not in answer.text
    detail: str = body["detail"]
    return detail


def test_reads_a_picture_as_the_reader_does(client: httpx.Client) -> None:
    reading = Reader().read(NOTE)
    answer = client.post("/v1/read", content=NOTE.read_bytes()).json()
    assert {key: answer[key] for key in reading.to_dict()} == reading.to_dict()
    assert (answer["path"], answer["page"], answer["error"]) == (None, 0, None)


def test_reads_a_form_with_details(client: httpx.Client) -> None:
    files = {"picture": ("seven.png", SEVEN.read_bytes(), "image/png")}
    answer = client.post("/v1/read?details=true&boxes=false", files=files).json()
    (digit,) = answer["digits"]
    assert (answer["path"], answer["text"], digit["trusted"]) == ("seven.png", "7", True)
    assert "box" not in digit
    assert int(np.argmax(digit["probabilities"])) == 7
    image = np.frombuffer(base64.b64decode(digit["image"]), np.uint8).reshape(28, 28)
    assert np.array_equal(image, Reader().read(SEVEN).digits[0].image)


def test_draws_what_it_read(client: httpx.Client) -> None:
    answer = client.post("/v1/read?overlay=true&explain=true", content=SEVEN.read_bytes()).json()
    for name in ("overlay", "explanation"):
        drawn = Image.open(io.BytesIO(base64.b64decode(answer[name])))
        assert drawn.format == "PNG"
        assert min(drawn.size) > 50


def test_reads_one_page_of_many(client: httpx.Client) -> None:
    file = io.BytesIO()
    pages = [Image.new("L", (100, 80), "white"), Image.open(SEVEN).convert("L")]
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    texts = [client.post(f"/v1/read?page={n}", content=file.getvalue()).json() for n in (0, 1)]
    assert [answer["text"] for answer in texts] == ["", "7"]
    detail = problem_of(client.post("/v1/read?page=2", content=file.getvalue()), 422)
    assert detail == "the picture has no page 3"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the request has no picture"),
        (b"GIF89a", "is truncated or damaged|is not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture of a known format"),
        (SEVEN.read_bytes()[:2000], "truncated or damaged"),
    ],
)
def test_refuses_what_is_no_picture(client: httpx.Client, content: bytes, sentence: str) -> None:
    assert re.search(sentence, problem_of(client.post("/v1/read", content=content), 422))


def test_refuses_forms_without_a_picture(client: httpx.Client) -> None:
    other = client.post("/v1/read", files={"photo": b"x"})
    assert "no file called 'picture'" in problem_of(other, 422)
    broken = client.post("/v1/read", content=b"x", headers={"content-type": "multipart/form-data"})
    assert "form cannot be understood" in problem_of(broken, 400)


def test_keeps_forms_off_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a picture went to the disk")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    content = bytes(5_000_000)
    form = httpx.Request("POST", "http://service/", files={"picture": ("large.png", content)})
    body = {"type": "http.request", "body": form.read(), "more_body": False}

    async def receive() -> dict[str, Any]:
        return body

    headers = [(name.lower(), value) for name, value in form.headers.raw]
    request = Request({"type": "http", "headers": headers}, receive)
    assert asyncio.run(picture_of(request)) == (content, "large.png")


def test_classifies_lists_and_base64(client: httpx.Client, mnist: tuple[Dataset, Dataset]) -> None:
    images = mnist[1].images[:3]
    wanted = Reader().classify(images)
    for form in ([image.tolist() for image in images], [base64_of(image) for image in images]):
        answer = client.post("/v1/classify", json={"images": form}).json()
        rows = [prediction["probabilities"] for prediction in answer["predictions"]]
        np.testing.assert_allclose(rows, wanted, atol=1e-6)
        digits = [prediction["digit"] for prediction in answer["predictions"]]
        assert digits == wanted.argmax(axis=1).tolist()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "images: Field required"),
        ({"images": []}, "at least 1 item"),
        ({"images": [3]}, "valid list"),
        ({"images": ["!!!"]}, "an image is base64"),
        ({"images": ["AAAA"]}, "784 bytes, and this one has 3"),
        ({"images": [[[0] * 28] * 27]}, "at least 28 items"),
        ({"images": [[[256] * 28] * 28]}, "less than or equal to 255"),
        ({"images": [[[0.5] * 28] * 28]}, "valid integer"),
        ({"images": [[[0] * 28] * 28], "more": 1}, "Extra inputs"),
    ],
)
def test_refuses_images_that_are_none(
    client: httpx.Client, body: dict[str, Any], sentence: str
) -> None:
    assert sentence in problem_of(client.post("/v1/classify", json=body), 422)


def test_refuses_broken_json(client: httpx.Client) -> None:
    headers = {"content-type": "application/json"}
    for content in (b"{", b"\xff", b"{bad", b"[" * 100_000):
        answer = client.post("/v1/classify", content=content, headers=headers)
        assert problem_of(answer, 400) == "the body is no sound JSON"
    nan = client.post("/v1/classify", content=b'{"images": NaN}', headers=headers)
    assert problem_of(nan, 422)


def test_says_when_json_is_not_called_so(client: httpx.Client) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):  # as curl has it
        answer = client.post("/v1/classify", content=b"{}", headers={"content-type": kind})
        assert "Content-Type: application/json" in problem_of(answer, 415)
    infer = client.post("/v2/models/digits/infer", content=b"{}")
    assert infer.status_code == 415
    assert "application/json" in infer.json()["error"]
    wrong = client.post("/v1/classify", json=["AAAA"])
    assert problem_of(wrong, 422)


def test_explains_a_digit(client: httpx.Client) -> None:
    image = Reader().read(SEVEN).digits[0].image
    answer = client.post("/v1/explain", json={"image": base64_of(image)}).json()
    map_ = np.array(answer["explanation"])
    assert (answer["digit"], map_.shape) == (7, (28, 28))
    assert map_[image > 128].mean() > 0.1  # its ink speaks for a seven


def test_speaks_the_open_inference_protocol(
    client: httpx.Client, mnist: tuple[Dataset, Dataset]
) -> None:
    assert client.get("/v2").json()["name"] == "inkdigits"
    for path in ("health/live", "health/ready", "models/digits/ready"):
        assert client.get(f"/v2/{path}").status_code == 200
    described = client.get("/v2/models/digits").json()
    assert described["inputs"] == [{"name": "images", "datatype": "FP32", "shape": [-1, 28, 28, 1]}]

    images = mnist[1].images[:2]
    tensors = [
        ("FP32", [2, 28, 28, 1], (images / 255).ravel().tolist()),
        ("UINT8", [2, 28, 28], images.tolist()),
    ]
    for datatype, shape, data in tensors:
        tensor = {"name": "images", "datatype": datatype, "shape": shape, "data": data}
        body = {"id": "42", "inputs": [tensor]}
        answer = client.post("/v2/models/digits/infer", json=body).json()
        assert (answer["id"], answer["model_name"]) == ("42", "digits")
        (output,) = answer["outputs"]
        assert (output["name"], output["shape"]) == ("probabilities", [2, 10])
        np.testing.assert_allclose(
            np.reshape(output["data"], (2, 10)), Reader().classify(images), atol=1e-6
        )


def test_gives_errors_as_the_protocol_has_them(client: httpx.Client) -> None:
    def ask(**changes: Any) -> httpx.Response:
        tensor = {"name": "images", "datatype": "FP32", "shape": [1, 28, 28, 1], "data": [0] * 784}
        return client.post("/v2/models/digits/infer", json={"inputs": [{**tensor, **changes}]})

    assert ask().status_code == 200
    wrong = [
        ask(shape=[1, 27, 28, 1]),
        ask(data=[0] * 783),
        ask(data=[2] * 784),
        ask(data=[-0.1] * 784),
        ask(data=[[0], [0, 1]]),
        ask(data=[None] * 784),
        ask(data=["a"] * 784),
        ask(data=[{}] * 784),
        ask(datatype="INT64"),
        ask(name="pixels"),
    ]
    for answer in wrong:
        assert answer.status_code == 400
        assert list(answer.json()) == ["error"]
    missing = client.get("/v2/models/letters")
    assert missing.status_code == 404
    assert "'digits'" in missing.json()["error"]


def test_keeps_a_correction_once(client: httpx.Client, home: Path) -> None:
    image = np.random.default_rng(7).integers(0, 256, (28, 28), np.uint8)
    body = {
        "consent": True,
        "image": base64_of(image),
        "digit": 3,
        "answer": 8,
        "confidence": 0.6,
        "model": "0123456789ab",
    }
    first = client.post("/v1/corrections", json=body)
    again = client.post("/v1/corrections", json={**body, "digit": 5})
    assert (first.status_code, first.json()["new"]) == (201, True)
    assert (again.status_code, again.json()) == (200, {"id": first.json()["id"], "new": False})
    with Feedback(f"sqlite:///{home / 'corrections.db'}") as feedback:
        (kept,) = [one for one in feedback.each() if one.id == first.json()["id"]]
    assert np.array_equal(kept.image, image)
    assert (kept.digit, kept.answer, kept.confidence, kept.model) == (5, 8, 0.6, "0123456789ab")


@pytest.mark.parametrize(
    "change",
    [
        {"consent": False},
        {"consent": None},
        {"digit": 10},
        {"digit": "3"},
        {"confidence": 1.5},
        {"model": "m" * 65},
    ],
)
def test_keeps_nothing_without_consent_or_sense(
    client: httpx.Client, change: dict[str, Any], home: Path
) -> None:
    body = {"consent": True, "image": base64_of(np.full((28, 28), 9, np.uint8)), "digit": 3}
    problem_of(client.post("/v1/corrections", json={**body, **change}), 422)
    with Feedback(f"sqlite:///{home / 'corrections.db'}") as feedback:
        assert not any((one.image == 9).all() for one in feedback.each())


def test_takes_no_corrections_where_it_shall_not(keyed: httpx.Client) -> None:
    assert keyed.get("/v1/model").json()["corrections"] is False
    body = {"consent": True, "image": base64_of(np.zeros((28, 28), np.uint8)), "digit": 3}
    problem_of(keyed.post("/v1/corrections", json=body), 404)


def test_describes_its_model(client: httpx.Client) -> None:
    answer = client.get("/v1/model").json()
    assert answer["card"]["name"] == Reader().card.name
    assert (answer["promoted"], answer["corrections"]) == (False, True)
    assert client.post("/v1/read", content=SEVEN.read_bytes()).json()["model"] == answer["version"]


def test_counts_what_it_does(client: httpx.Client) -> None:
    def value(name: str) -> float:
        lines = client.get("/metrics").text.splitlines()
        found = [line.rpartition(" ")[2] for line in lines if line.startswith(name + " ")]
        return float(found[0]) if found else 0.0

    names = [
        'inkdigits_requests_total{code="200",route="/v1/read"}',
        'inkdigits_requests_total{code="422",route="/v1/read"}',
        'inkdigits_request_seconds_count{route="/v1/read"}',
        "inkdigits_pictures_total",
        'inkdigits_digits_total{trusted="true"}',
        'inkdigits_rejections_total{reason="picture"}',
        "inkdigits_batch_size_count",
    ]
    before = [value(name) for name in names]
    client.post("/v1/read", content=SEVEN.read_bytes())
    client.post("/v1/read", content=b"nothing")
    client.post("/v1/classify", json={"images": [[[0] * 28] * 28]})
    after = [value(name) for name in names]
    assert [b - a for a, b in zip(before, after)] == [1, 1, 2, 1, after[4] - before[4], 1, 1]
    assert after[4] - before[4] >= 1
    assert value("inkdigits_queue_depth") == 0


def test_answers_carry_an_id_and_safe_headers(client: httpx.Client) -> None:
    answer = client.get("/healthz", headers={"x-request-id": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    forged = client.get("/healthz", headers={"x-request-id": "a b"})
    assert re.fullmatch(r"[0-9a-f]{32}", forged.headers["x-request-id"])
    for path in ("/healthz", "/", "/static/style.css", "/v1/read", "/nowhere"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers
    page = client.get("/")
    assert "unsafe" not in page.headers["content-security-policy"]


def test_logs_a_line_of_json_a_request(client: httpx.Client, server: Server) -> None:
    name = "look-for-me"
    client.post("/v1/read", content=b"nothing", headers={"x-request-id": name})
    wait_for(lambda: any(name in line for line in server.log))
    (line,) = [json.loads(line) for line in server.log if name in line]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/v1/read", 422)


def test_logs_of_others_are_left_alone() -> None:
    program = (
        "import logging\n"
        "from inkdigits.service.logs import configure_logs\n"
        "logging.basicConfig(format='plain %(message)s', level='INFO')\n"
        "logging.getLogger('uvicorn').addHandler(logging.StreamHandler())\n"
        "configure_logs()\n"
        "configure_logs()\n"
        "for name in ('inkdigits.service', 'uvicorn', 'other'):\n"
        "    logging.getLogger(name).info('from %s', name)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    ours, uvicorns, others = ended.stderr.splitlines()
    assert json.loads(ours)["event"] == "from inkdigits.service"
    assert json.loads(uvicorns)["level"] == "INFO"
    assert others == "plain from other"


def test_wants_its_key(strict: Server) -> None:
    key = "open-sesame"
    read = f"{strict.url}/v1/read"
    for headers in ({}, {"x-api-key": "open"}, {"x-api-key": "é"}, {"authorization": "Basic x"}):
        answer = httpx.post(read, content=b"x", headers={k: v.encode() for k, v in headers.items()})
        assert "X-API-Key" in problem_of(answer, 401)
    for headers in ({"x-api-key": key}, {"authorization": f"Bearer {key}"}):
        assert httpx.post(read, content=b"x", headers=headers).status_code == 422
    assert httpx.get(f"{strict.url}/metrics").status_code == 401
    figures = httpx.get(f"{strict.url}/metrics", headers={"x-api-key": key}).text
    assert 'inkdigits_requests_total{code="401",route="/v1/read"} 4.0' in figures
    described = httpx.get(f"{strict.url}/openapi.json").json()
    assert set(described["components"]["securitySchemes"]) == {"key", "bearer"}
    assert described["paths"]["/healthz"]["get"]["security"] == []
    for path in ("/", "/healthz", "/v2/health/ready", "/openapi.json"):
        assert httpx.get(strict.url + path).status_code == 200


def test_refuses_what_is_too_much(keyed: httpx.Client, strict: Server) -> None:
    large = b"x" * 2_000_001
    assert "2,000,000 bytes" in problem_of(keyed.post("/v1/read", content=large), 413)
    chunks = (large[start : start + 65536] for start in range(0, len(large), 65536))
    in_chunks = keyed.post("/v1/read", content=chunks)
    assert "2,000,000 bytes" in problem_of(in_chunks, 413)
    assert "more than 5 digits" in problem_of(
        keyed.post("/v1/read", content=NOTE.read_bytes()), 422
    )
    many = {"images": [base64_of(np.zeros((28, 28), np.uint8))] * 6}
    assert "at most 5 images" in problem_of(keyed.post("/v1/classify", json=many), 422)
    assert keyed.get("/healthz").status_code == 200


def test_does_not_wait_for_slow_senders(strict: Server) -> None:
    host, port = strict.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        head = (
            f"POST /v1/read HTTP/1.1\r\nHost: {host}:{port}\r\nX-API-Key: open-sesame\r\n"
            "Content-Length: 1000\r\n\r\nabc"
        )
        connection.sendall(head.encode())
        answer = b""
        while part := connection.recv(65536):  # it closes the connection
            answer += part
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not arrive within 1 seconds" in answer


def test_keeps_foreign_pages_out(strict: Server, client: httpx.Client) -> None:
    for origin in ("https://evil.example", "null"):
        answer = client.post("/v1/read", content=b"x", headers={"origin": origin})
        assert "pages of other sites" in problem_of(answer, 403)
    own = client.post("/v1/read", content=b"x", headers={"origin": str(client.base_url)})
    assert own.status_code == 422
    rebound = client.get("/v1/model", headers={"host": "evil.example"})
    assert "does not go by the name" in problem_of(rebound, 421)
    assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert (
        "access-control-allow-origin"
        not in client.get("/healthz", headers={"origin": "https://evil.example"}).headers
    )

    friend = {"origin": "https://friend.example", "x-api-key": "open-sesame"}
    answer = httpx.post(f"{strict.url}/v1/read", content=SEVEN.read_bytes(), headers=friend)
    assert answer.headers["access-control-allow-origin"] == "https://friend.example"
    preflight = httpx.options(
        f"{strict.url}/v1/read",
        headers={**friend, "access-control-request-method": "POST"},
    )
    assert preflight.status_code == 200


def test_one_client_cannot_ask_all_the_time(tmp_path: Path) -> None:
    with serving(tmp_path, "--rate-limit", "3/hour") as running:
        answers = [httpx.get(f"{running.url}/v1/model") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 3600
        assert httpx.get(f"{running.url}/healthz").status_code == 200


@pytest.mark.skipif(os.name == "nt", reason="Windows tells no program to stop in order")
def test_answers_what_it_accepted_before_it_stops(tmp_path: Path) -> None:
    patient = {"INKDIGITS_TIMEOUT": "300"}
    with serving(tmp_path, environment=patient) as running:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            slow = [
                pool.submit(
                    httpx.post,
                    f"{running.url}/v1/read?overlay=true",
                    content=NOTE.read_bytes(),
                    timeout=300,
                )
                for _ in range(4)
            ]
            wait_for(lambda: _accepted(running) >= 4)
            running.process.terminate()
            assert [job.result().status_code for job in slow] == [200] * 4
        assert running.process.wait(300) in (0, -signal.SIGTERM)


def _accepted(running: Server) -> int:
    """Return how many requests are at work, or are answered."""
    text = httpx.get(f"{running.url}/metrics").text
    waiting = re.search(r"^inkdigits_queue_depth (\S+)", text, re.MULTILINE)
    read = r'^inkdigits_requests_total\{code="200",route="/v1/read"\} (\S+)'
    done = re.search(read, text, re.MULTILINE)
    return sum(int(float(found[1])) for found in (waiting, done) if found)


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds the workers in /proc")
def test_workers_share_figures_and_are_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as running:
        with httpx.Client(base_url=running.url, timeout=60) as client:
            for _ in range(10):
                assert client.post("/v1/read", content=SEVEN.read_bytes()).json()["text"] == "7"
        for _ in range(3):  # whichever worker answers
            assert "inkdigits_pictures_total 10.0" in httpx.get(f"{running.url}/metrics").text
        workers = children(running, "spawn_main")
        assert len(workers) == 2
        os.kill(workers[0], signal.SIGKILL)
        wait_for(lambda: len(set(children(running, "spawn_main")) - {workers[0]}) == 2)
        assert httpx.get(f"{running.url}/healthz", timeout=60).status_code == 200
        assert "inkdigits_queue_depth 0.0" in httpx.get(f"{running.url}/metrics", timeout=60).text
        assert running.stop() in (0, -signal.SIGTERM)


def test_changes_to_a_promoted_model_without_dropping_a_request(
    tmp_path: Path, trained: Run
) -> None:
    content = trained.model_path.read_bytes()
    figures = Figures(mnist=Score(right=1, digits=1), corrections=Score(right=1, digits=1))
    promotion = Promotion(
        sha256=hashlib.sha256(content).hexdigest(),
        source="a test",
        promoted_at=datetime.now(UTC),
        figures=figures,
        before=figures,
    )
    with serving(tmp_path) as running, httpx.Client(base_url=running.url, timeout=60) as client:
        before = client.get("/v1/model").json()
        stop = time.monotonic() + 60
        with changing(tmp_path):
            put_in_service(tmp_path, content, promotion)
        versions = set()
        while time.monotonic() < stop:
            answer = client.post("/v1/classify", json={"images": [[[0] * 28] * 28]})
            assert answer.status_code == 200
            versions.add(answer.json()["model"])
            if len(versions) == 2:
                break
        after = client.get("/v1/model").json()
        assert (before["promoted"], after["promoted"]) == (False, True)
        assert versions == {before["version"], after["version"]}
        assert current_model(tmp_path) is not None


def test_refuses_to_start_plainly(server: Server, tmp_path: Path) -> None:
    port = server.url.rpartition(":")[2]
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")

    def said(*arguments: str, **environment: str) -> str:
        ended = subprocess.run(
            [sys.executable, "-m", "inkdigits", "serve", *arguments],
            env={**without_settings(), "INKDIGITS_HOME": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 1
        assert "Traceback" not in ended.stderr
        return ended.stderr

    assert f"cannot listen at 127.0.0.1, port {port}" in said("--port", port)
    assert "not a sound ONNX model" in said("--port", "0", "--model", str(broken))
    assert "no rate such as" in said("--rate-limit", "often")
    assert "INKDIGITS_PORT" in said(INKDIGITS_PORT="high")


@pytest.mark.parametrize(
    "given",
    [
        {"allowed_origins": "example.org"},
        {"allowed_origins": "https://*"},
        {"api_key": " "},
        {"workers": 0},
        {"timeout": float("nan")},
        {"max_digits": 0},
        {"database": "mysql://here"},
    ],
)
def test_settings_that_cannot_be_are_named(given: dict[str, Any]) -> None:
    with pytest.raises(ServiceError, match=next(iter(given))):
        Settings.of(**given)


def test_a_run_folder_is_a_model_however_it_is_named(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = hashlib.sha256(trained.model_path.read_bytes()).hexdigest()[:12]
    with contextlib.closing(InferenceProcess(100)) as process:
        settings = Settings.of(model=trained.folder)
        assert ModelInService(settings, process).now.version == version
        monkeypatch.setenv("INKDIGITS_MODEL", str(trained.folder))
        assert ModelInService(Settings.of(), process).now.version == version
        (tmp_path / "recipe.json").write_text("{}")
        with pytest.raises(RunError, match="is not finished: inkdigits train --resume"):
            ModelInService(Settings.of(model=tmp_path), process)


def test_only_names_of_this_machine_count_at_loopback() -> None:
    everywhere = "0.0.0.0"  # noqa: S104
    assert "localhost" in Settings.of(host="127.0.0.2").hosts
    assert Settings.of(host=everywhere).hosts == ()
    assert Settings.of(host=everywhere, allowed_hosts="Ink.example").hosts == ("ink.example",)

"""Reading pictures: finding ink, framing it, and what must not change the answer."""

import threading
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkdigits import Dataset, Digit, Reader, Reading, Run, evaluate, load_mnist
from inkdigits.errors import ModelError
from inkdigits.reading import Box, Classifier, frame_picture
from inkdigits.reading.frame import frame
from inkdigits.reading.ink import find_ink
from inkdigits.reading.model_file import DEFAULT_MODEL

Mnist = tuple[Dataset, Dataset]

READER = Reader(threads=1)
TEST = load_mnist()[1]
SURE = np.flatnonzero(READER.classify(TEST.images[:200]).max(axis=1) > 0.98)
"""Test digits that the network has no doubt about: reading must not lose them."""


def written(
    index: int,
    *,
    scale: float = 5.0,
    paper: int = 255,
    ink: int = 0,
    margin: int = 20,
    shift: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """Write a test digit on paper: enlarged, in these greys, with a margin, off the middle."""
    size = round(28 * scale)
    digit = cv2.resize(TEST.images[index], (size, size), interpolation=cv2.INTER_CUBIC) / 255
    page = np.full((size + 2 * margin, size + 2 * margin), float(paper))
    page[margin : margin + size, margin : margin + size] += digit * (ink - paper)
    return np.roll(page, shift, axis=(0, 1)).clip(0, 255).astype(np.uint8)


def test_the_packaged_model_says_what_it_is() -> None:
    card = READER.card
    assert card.name == "reader"
    assert card.parameters == 289_066
    assert card.open_set
    assert DEFAULT_MODEL.stat().st_size < 4_000_000
    assert card.labels == tuple("0123456789")
    assert card.training_data_sha256 == load_mnist()[0].fingerprint
    assert 0 < card.rejection_threshold < 1
    measured = evaluate(READER.classify, TEST).accuracy
    assert card.test_accuracy == pytest.approx(measured, abs=2e-4)
    assert measured >= 0.997


def test_framing_leaves_mnist_as_it_is(mnist: Mnist) -> None:
    """MNIST was framed already; doing it again must neither move nor blur it."""
    test = mnist[1].take(np.arange(2000))
    framed = np.stack([frame(image.astype(np.float32) / 255) for image in test.images])
    identical = (framed == test.images).all(axis=(1, 2)).mean()
    assert identical > 0.9
    again = Dataset(framed, test.labels)
    assert evaluate(READER.classify, again).accuracy > (
        evaluate(READER.classify, test).accuracy - 0.002
    )


def test_framing_follows_mnists_geometry(mnist: Mnist) -> None:
    for image in mnist[1].images[:200]:
        page = np.zeros((300, 400), np.float32)
        page[50:190, 60:200] = cv2.resize(image, (140, 140)).astype(np.float32) / 255
        framed = frame(page).astype(float)
        rows, columns = np.nonzero(framed > 25)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
        assert framed.max() == 255
        centre = np.array([framed.sum(1) @ np.arange(28), framed.sum(0) @ np.arange(28)])
        assert np.abs(centre / framed.sum() - 14).max() < 0.75


@given(
    index=st.sampled_from(SURE.tolist()),
    scale=st.floats(2, 12),
    margin=st.integers(4, 80),
    down=st.integers(-3, 3),
    right=st.integers(-3, 3),
    greys=st.sampled_from([(255, 0), (0, 255), (200, 90), (60, 180), (128, 20), (255, 200)]),
)
@settings(deadline=None, max_examples=150)
def test_where_how_large_and_in_what_grey_a_digit_stands_does_not_matter(
    index: int, scale: float, margin: int, down: int, right: int, greys: tuple[int, int]
) -> None:
    paper, ink = greys
    page = written(index, scale=scale, paper=paper, ink=ink, margin=margin, shift=(down, right))
    reading = READER.read(page)
    assert [digit.digit for digit in reading.digits] == [TEST.labels[index]]


@pytest.mark.parametrize("greys", [(255, 0), (0, 255), (255, 40), (90, 200)])
@pytest.mark.parametrize("scale", [1, 3, 8, 20])
def test_pictures_of_two_greys_are_read(greys: tuple[int, int], scale: int) -> None:
    """As mouse drawings, fax and 1-bit scans are: no grey at the edge of a stroke."""
    paper, ink = greys
    for index in SURE[:12]:
        page = written(int(index), scale=scale)
        hard = np.where(page < 128, ink, paper).astype(np.uint8)
        (digit,) = READER.read(hard).digits
        assert digit.digit == TEST.labels[index]


@given(index=st.sampled_from(SURE.tolist()), shade=st.floats(0, 0.5), turn=st.floats(0, 6.3))
@settings(deadline=None, max_examples=60)
def test_uneven_light_does_not_matter(index: int, shade: float, turn: float) -> None:
    page = written(index, paper=230, ink=40).astype(float)
    y, x = np.mgrid[-1 : 1 : page.shape[0] * 1j, -1 : 1 : page.shape[1] * 1j]
    light = 1 - shade * (1 + np.cos(turn) * x + np.sin(turn) * y) / 2
    reading = READER.read((page * light).astype(np.uint8))
    assert [digit.digit for digit in reading.digits] == [TEST.labels[index]]


@given(index=st.sampled_from(SURE.tolist()), scale=st.floats(1, 40), margin=st.integers(1, 200))
@settings(deadline=None, max_examples=40)
def test_boxes_lie_in_the_picture_and_hold_the_ink(index: int, scale: float, margin: int) -> None:
    page = written(index, scale=scale, margin=margin)
    (digit,) = READER.read(page).digits
    x, y, width, height = digit.box
    assert x >= 0
    assert y >= 0
    assert x + width <= page.shape[1]
    assert y + height <= page.shape[0]
    dark = page < 100
    slack = max(2, round(scale))
    dark[max(0, y - slack) : y + height + slack, max(0, x - slack) : x + width + slack] = False
    assert dark.mean() < 0.002


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (2, 2), (7, 300), (28, 28), (500, 400)])
@pytest.mark.parametrize("grey", [0, 17, 128, 255])
def test_blank_paper_has_no_digit(shape: tuple[int, int], grey: int) -> None:
    reading = READER.read(np.full(shape, grey, np.uint8))
    assert reading == Reading(shape[1], shape[0])
    assert reading.text == ""
    assert frame_picture(np.full(shape, grey, np.uint8)) is None


def test_grainy_blank_paper_has_no_digit() -> None:
    rng = np.random.default_rng(0)
    for noise in (1, 3, 6):
        page = rng.normal(200, noise, (300, 200)).clip(0, 255).astype(np.uint8)
        assert READER.read(page).text == ""


def test_ink_is_nothing_on_paper_and_full_in_strokes() -> None:
    page = np.full((100, 100), 220, np.uint8)
    page[30:70, 45:55] = 30
    ink = find_ink(page)
    assert ink.contrast[32:68, 47:53].min() == ink.contrast.max() == 190
    assert ink.full == 190
    assert ink.contrast[:25].max() == 0


def test_a_digit_in_two_pieces_is_one_digit() -> None:
    page = np.full((120, 120), 255, np.uint8)
    page[20:30, 45:80] = 0  # the bar of a five, apart
    cv2.line(page, (45, 36), (45, 62), 0, 9)
    cv2.ellipse(page, (55, 78), (20, 18), 0, -110, 140, 0, 9)
    reading = READER.read(page)
    assert reading.text == "5"
    (digit,) = reading.digits
    assert digit.box.y <= 20
    assert digit.box.y + digit.box.height >= 90


def test_a_digit_that_is_not_trusted_is_a_question_mark() -> None:
    digits = (Digit(4, 0.9, Box(0, 0, 1, 1)), Digit(7, 0.2, Box(2, 0, 1, 1), trusted=False))
    reading = Reading(10, 10, (*digits, Digit(1, 0.8, Box(0, 5, 1, 1), line=1)))
    assert reading.text == str(reading) == "4?\n1"
    assert reading.confidence == 0.2
    assert reading.to_dict()["digits"][1] == {
        "digit": 7,
        "confidence": 0.2,
        "box": [2, 0, 1, 1],
        "line": 0,
    }


def test_classify_in_any_number() -> None:
    for count in (0, 1, 5, 256, 300):
        probabilities = READER.classify(TEST.images[:count])
        assert probabilities.shape == (count, 10)
        assert probabilities.dtype == np.float32
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    with pytest.raises(ValueError, match="must be uint8"):
        READER.classify(TEST.images[:5] / 255.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be uint8"):
        READER.classify(TEST.images[0])


def test_one_reader_serves_many_threads() -> None:
    expected = READER.classify(TEST.images[:300]).argmax(axis=1)
    answers: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        answers[number] = READER.classify(TEST.images[:300]).argmax(axis=1)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all((answer == expected).all() for answer in answers.values())


def test_bad_model_files_get_their_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no model file"):
        Reader(tmp_path / "nowhere.onnx")
    garbage = tmp_path / "garbage.onnx"
    garbage.write_bytes(b"garbage" * 100)
    with pytest.raises(ModelError, match="not a sound ONNX model"):
        Reader(garbage)
    whole = DEFAULT_MODEL.read_bytes()
    garbage.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="not a sound ONNX model"):
        Reader(garbage)
    model = onnx.load(DEFAULT_MODEL)
    del model.metadata_props[:]
    onnx.save(model, garbage)
    with pytest.raises(ModelError, match="was not exported by InkDigits"):
        Reader(garbage)


def test_a_model_that_names_other_files_is_refused(tmp_path: Path) -> None:
    model = onnx.load(DEFAULT_MODEL)
    path = tmp_path / "external.onnx"
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    with pytest.raises(ModelError, match="not a sound ONNX model"):
        Classifier(path)


def test_a_model_of_other_numbers_is_refused(tmp_path: Path, trained: Run) -> None:
    path = tmp_path / "model.onnx"
    model = onnx.load(trained.model_path)
    for weights in model.graph.initializer:
        if weights.data_type == onnx.TensorProto.FLOAT:
            weights.raw_data = np.full(len(weights.raw_data) // 4, np.nan, np.float32).tobytes()
    onnx.save(model, path)
    with pytest.raises(ModelError, match="gives no probabilities"):
        Reader(path)
    model = onnx.load(trained.model_path)
    model.graph.node[-1].output[0] = "single"
    model.graph.node.append(
        onnx.helper.make_node("Cast", ["single"], ["probabilities"], to=onnx.TensorProto.DOUBLE)
    )
    model.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    onnx.save(model, path)
    with pytest.raises(ModelError, match="must take images"):
        Reader(path)


def test_a_model_that_cannot_run_or_gives_no_probabilities_is_refused(
    tmp_path: Path, trained: Run
) -> None:
    path = tmp_path / "model.onnx"
    model = onnx.load(trained.model_path)
    model.graph.node[-1].op_type = "Relu"
    onnx.save(model, path)
    with pytest.raises(ModelError, match="do not sum to 1"):
        Reader(path)
    model = onnx.load(DEFAULT_MODEL)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    onnx.save(model, path)
    with pytest.raises(ModelError, match="must take images"):
        Reader(path)


@pytest.mark.parametrize("period", [1, 2, 3, 8])
def test_patterns_that_leave_no_paper_are_read_as_anything_but_an_error(period: int) -> None:
    columns = np.uint8([248, 94, 2, 46, 66, 143, 152, 244])[:period]
    READER.read(np.tile(columns, (96, 8 // period)))
    READER.read(np.tile(columns[:, None], (8, 96)))


def test_a_model_that_gives_logits_is_read_too(tmp_path: Path, trained: Run) -> None:
    model = onnx.load(trained.model_path)
    (softmax,) = (node for node in model.graph.node if node.op_type == "Softmax")
    model.graph.node.remove(softmax)
    model.graph.output[0].name = "logits"
    for node in model.graph.node:
        node.output[:] = ["logits" if name == softmax.input[0] else name for name in node.output]
    path = tmp_path / "logits.onnx"
    onnx.save(model, path)
    np.testing.assert_allclose(
        Reader(path).classify(TEST.images[:100]),
        Reader(trained.model_path).classify(TEST.images[:100]),
        atol=1e-5,
    )


def test_large_photos_are_read_too() -> None:
    page = written(int(SURE[0]), scale=40, margin=400)
    assert page.shape[0] > 1900
    photo = Image.fromarray(page)
    assert READER.read(photo).text == str(TEST.labels[SURE[0]])

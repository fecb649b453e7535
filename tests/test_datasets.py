"""Loading digits from every kind of file, and saying what is wrong with a bad one."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkdigits import Dataset, add_channel, load, load_mnist, load_parts, one_hot, scale
from inkdigits.datasets.mnist import _FOLDER
from inkdigits.errors import DataError, MissingExtraError, import_extra

from .conftest import block_imports, write_idx

Mnist = tuple[Dataset, Dataset]


@pytest.fixture
def digits(mnist: Mnist) -> Dataset:
    return mnist[0].take(np.arange(30), "thirty")


def same(one: Dataset, other: Dataset) -> bool:
    return one.fingerprint == other.fingerprint


def test_mnist_is_whole_read_only_and_small(mnist: Mnist) -> None:
    train, test = mnist
    assert train.images.shape == (60_000, 28, 28)
    assert test.images.shape == (10_000, 28, 28)
    assert train.images.dtype == test.images.dtype == np.uint8
    assert np.bincount(train.require_labels()).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949
    ]  # fmt: skip
    for array in (train.images, train.labels, test.images, test.labels):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("file", "digest"),
    [
        ("train-images", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        ("train-labels", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        ("t10k-images", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        ("t10k-labels", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ],
)
def test_the_packaged_files_are_the_published_ones(file: str, digest: str) -> None:
    (path,) = _FOLDER.glob(f"{file}-*.gz")
    content = gzip.decompress(path.read_bytes())
    assert hashlib.sha256(content).hexdigest() == digest


def test_a_changed_packaged_file_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in _FOLDER.glob("*.gz"):
        content = bytearray(gzip.decompress(path.read_bytes()))
        content[-1] ^= 1
        (tmp_path / path.name).write_bytes(gzip.compress(bytes(content), 1))
    monkeypatch.setattr("inkdigits.datasets.mnist._FOLDER", tmp_path)
    with pytest.raises(DataError, match="not the published one"):
        load_mnist()


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_pairs(tmp_path: Path, digits: Dataset, suffix: str) -> None:
    images = write_idx(tmp_path / f"my-images-idx3-ubyte{suffix}", digits.images)
    labels = write_idx(tmp_path / f"my-labels-idx1-ubyte{suffix}", digits.require_labels())
    assert same(load(images), digits)
    assert same(load(labels), digits)


def test_an_idx_pair_may_be_packed_differently(tmp_path: Path, digits: Dataset) -> None:
    images = write_idx(tmp_path / "my-images-idx3-ubyte.gz", digits.images)
    write_idx(tmp_path / "my-labels-idx1-ubyte", digits.require_labels())
    assert same(load(images), digits)


def test_a_folder_of_idx_files_has_two_parts(tmp_path: Path, digits: Dataset) -> None:
    for part in ("train", "t10k"):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte", digits.images)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte", digits.require_labels())
    train, test = load_parts(tmp_path)
    assert test is not None
    assert same(train, digits)
    assert same(test, digits)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="needs t10k-labels-idx1-ubyte beside it"):
        load(tmp_path)


def test_idx_files_by_their_other_names(tmp_path: Path, digits: Dataset) -> None:
    for number, images in enumerate(("train-images.idx3-ubyte", "emnist-test-images-idx3-ubyte")):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_idx(folder / images, digits.images)
        labels = images.replace("images", "labels").replace("idx3", "idx1")
        write_idx(folder / labels, digits.require_labels())
        for path in (folder, folder / images, folder / labels):
            assert same(load(path), digits)
            assert load(path).source == path
    (folder / images).unlink()
    with pytest.raises(DataError, match="has no images beside it"):
        load(folder)
    write_idx(folder / images, digits.images)
    write_idx(folder / f"other-{images}", digits.images)
    write_idx(folder / f"other-{labels}", digits.require_labels())
    with pytest.raises(DataError, match="name the one to load"):
        load(folder)


def test_npz_with_keras_names(tmp_path: Path, digits: Dataset) -> None:
    path = tmp_path / "mnist.npz"
    x, y = digits.images, digits.require_labels()
    np.savez(path, x_train=x, y_train=y, x_test=x[:10], y_test=y[:10].astype(np.int64))
    train, test = load_parts(path)
    assert same(train, digits)
    assert test is not None
    assert len(test) == 10
    np.savez(path, x_test=x, y_test=y)
    assert load_parts(path).test is None
    assert same(load(path), digits)


def write_csv(path: Path, digits: Dataset, *, labels: bool = True) -> Path:
    columns = ["label"] * labels + [f"pixel{i}" for i in range(784)]
    rows = [",".join(columns)]
    for image, label in zip(digits.images, digits.require_labels(), strict=True):
        rows.append(",".join(map(str, [label] * labels + image.ravel().tolist())))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_kaggle_csv_with_and_without_labels(tmp_path: Path, digits: Dataset) -> None:
    assert same(load(write_csv(tmp_path / "train.csv", digits)), digits)
    unlabelled = load(write_csv(tmp_path / "test.csv", digits, labels=False))
    assert unlabelled.labels is None
    np.testing.assert_array_equal(unlabelled.images, digits.images)
    with pytest.raises(DataError, match="has no labels"):
        unlabelled.require_labels()


def test_parquet(tmp_path: Path, digits: Dataset) -> None:
    columns = {"label": digits.require_labels()}
    columns |= {f"pixel{i}": digits.images.reshape(-1, 784)[:, i] for i in range(784)}
    pq.write_table(pa.table(columns), tmp_path / "digits.parquet")
    assert same(load(tmp_path / "digits.parquet"), digits)
    del columns["label"]
    columns["pixel3"] = columns["pixel3"].astype(np.int64) + 300
    pq.write_table(pa.table(columns), tmp_path / "digits.parquet")
    with pytest.raises(DataError, match="row 1: pixel3 is not from 0 to 255"):
        load(tmp_path / "digits.parquet")


def test_a_folder_of_pictures(tmp_path: Path, digits: Dataset) -> None:
    for number, (image, label) in enumerate(
        zip(digits.images, digits.require_labels(), strict=True)
    ):
        folder = tmp_path / "mine" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        paper = Image.fromarray(255 - image).resize((200, 200))
        paper.save(folder / f"{number}.png")
        (folder / ".hidden").write_text("not a picture")
    mine = load(tmp_path / "mine")
    assert np.bincount(mine.require_labels(), minlength=10).tolist() == (
        np.bincount(digits.require_labels(), minlength=10).tolist()
    )
    assert (mine.images.max(axis=(1, 2)) == 255).all()


def test_all_bad_pictures_of_a_folder_are_named(tmp_path: Path) -> None:
    for digit in ("3", "7"):
        (tmp_path / digit).mkdir()
        (tmp_path / digit / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    Image.new("L", (50, 50), 255).save(tmp_path / "7" / "blank.png")
    with pytest.raises(DataError) as caught:
        load(tmp_path)
    message = str(caught.value)
    assert "3 pictures cannot be used" in message
    for name in (Path("3", "torn.png"), Path("7", "torn.png"), Path("7", "blank.png")):
        assert str(tmp_path / name) in message


def bad_sources(folder: Path, digits: Dataset) -> dict[str, tuple[Path, str]]:
    """One broken source for each thing that can be wrong, with what must be said about it."""
    images, labels = digits.images, digits.require_labels()

    def pair(name: str, x: np.ndarray, y: np.ndarray, magic: int | None = None) -> Path:
        write_idx(folder / f"{name}-labels-idx1-ubyte", y)
        return write_idx(folder / f"{name}-images-idx3-ubyte", x, magic=magic)

    def cut(name: str, by: int) -> Path:
        path = pair(name, images, labels)
        path.write_bytes(path.read_bytes()[:-by])
        return path

    def text(name: str, content: str) -> Path:
        path = folder / name
        path.write_text(content, encoding="utf-8")
        return path

    def changed_csv(name: str, row: int, change: str) -> Path:
        lines = write_csv(folder / name, digits).read_text(encoding="utf-8").splitlines()
        lines[row] = change if change.startswith(",") is False else lines[row] + change
        return text(name, "\n".join(lines))

    def npz(name: str, **arrays: object) -> Path:
        np.savez(folder / name, **arrays)  # type: ignore[arg-type]
        return folder / name

    header = "label," + ",".join(f"pixel{i}" for i in range(784))
    broken_gz = write_idx(folder / "g-images-idx3-ubyte.gz", images)
    write_idx(folder / "g-labels-idx1-ubyte.gz", labels)
    broken_gz.write_bytes(broken_gz.read_bytes()[:-50])
    lonely = write_idx(folder / "lonely-images-idx3-ubyte", images)
    empty = folder / "empty"
    empty.mkdir()
    zeros = ",".join(["0"] * 784)
    return {
        "missing": (folder / "nowhere", "does not exist"),
        "truncated": (cut("t", 100), "truncated"),
        "header only": (cut("h", images.size + 9), "truncated"),
        "wrong magic": (pair("m", images, labels, magic=0x00000D03), "not an IDX file"),
        "too long": (pair("l", images, labels, magic=0x00000801), "more than its header"),
        "broken gzip": (broken_gz, "truncated or damaged as gzip"),
        "lonely": (lonely, "needs lonely-labels-idx1-ubyte beside it"),
        "counts differ": (pair("c", images, labels[:-1]), "30 images but 29 labels"),
        "label outside": (pair("o", images, labels + 9), "labels must be 0 to 9"),
        "wrong size": (pair("s", images[:, :20], labels), "(30, 20, 28)"),
        "ragged row": (changed_csv("r.csv", 4, ",1"), "row 4: 786 values"),
        "no number": (changed_csv("n.csv", 7, f"5,{zeros[:-1]}x"), "row 7, column 785: 'x'"),
        "huge number": (changed_csv("u.csv", 2, f"5,{zeros[:-1]}99999999999"), "row 2"),
        "pixel outside": (changed_csv("p.csv", 3, f"5,{zeros[:-1]}256"), "row 3: pixel783"),
        "csv label": (changed_csv("b.csv", 5, f"10,{zeros}"), "row 5: the label"),
        "few columns": (text("f.csv", "label,pixel0\n1,2\n"), "must have the header label,pixel0"),
        "swapped": (
            text("w.csv", header.replace("pixel0,pixel1", "pixel1,pixel0") + "\n"),
            "header",
        ),
        "fraction": (changed_csv("1.csv", 6, f"5,{zeros[:-1]}1.5"), "row 6, column 785: '1.5'"),
        "past 16 bits": (
            changed_csv("2.csv", 6, f"5,{zeros[:-1]}40000"),
            "785: 40000 is out of range",
        ),
        "two signs": (changed_csv("3.csv", 6, f"5,{zeros[:-1]}--5"), "row 6, column 785: '--5'"),
        "durations": (npz("t.npz", x=images, y=labels.astype("m8[s]")), "must be whole numbers"),
        "empty idx": (pair("e", images[:0], labels[:0]), "is empty: its header"),
        "no header": (text("q.csv", f"5,{zeros}\n"), "header"),
        "no rows": (text("z.csv", header + "\n"), "no rows"),
        "binary csv": (_write(folder / "y.csv", bytes(range(256))), "not a CSV text file"),
        "other names": (npz("a.npz", pictures=images), "holds pictures"),
        "pickle": (npz("k.npz", x=np.array([{}], object)), "plain arrays"),
        "floats": (npz("d.npz", x=images / 255.0), "must be uint8"),
        "no npz": (text("e.npz", "hello"), "not a sound NPZ"),
        "no parquet": (text("e.parquet", "hello"), "not a sound Parquet"),
        "unknown": (text("e.doc", "hello"), "of no known kind"),
        "empty folder": (empty, "holds no pictures in subfolders"),
    }


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_every_bad_source_gets_its_sentence(tmp_path: Path, digits: Dataset) -> None:
    for name, (path, sentence) in bad_sources(tmp_path, digits).items():
        with pytest.raises(DataError) as caught:
            load(path)
        message = str(caught.value)
        assert sentence in message, f"{name}: {message}"
        assert "\n" not in message, name


def test_a_missing_extra_is_the_line_to_type() -> None:
    with block_imports("pyarrow"), pytest.raises(MissingExtraError) as caught:
        import_extra("pyarrow.parquet")
    assert str(caught.value) == (
        'this needs pyarrow, which is not installed: pip install "inkdigits[parquet]"'
    )
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        import_extra("no_such_module")


def test_data_sets_must_fit_together(digits: Dataset) -> None:
    with pytest.raises(DataError, match="whole numbers"):
        Dataset(digits.images, digits.require_labels() / 2)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no images"):
        Dataset(digits.images[:0], None)
    with pytest.raises(DataError, match=r"must have the shape \(count,\), these have \(30, 10\)"):
        Dataset(digits.images, one_hot(digits.require_labels()))  # type: ignore[arg-type]
    mine = digits.images.copy()
    Dataset(mine, None)
    mine[0] = 0  # the caller's own array stays the caller's
    assert repr(Dataset(digits.images, None, "x")) == "Dataset('x', 30 digits, no labels)"


@given(share=st.floats(0.02, 0.9), seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=25)
def test_splits_are_stratified_whole_and_repeatable(share: float, seed: int) -> None:
    labels = np.repeat(np.arange(10, dtype=np.uint8), np.arange(100, 200, 10))
    images = np.zeros((len(labels), 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.divmod(np.arange(len(labels)), 256)
    dataset = Dataset(images, labels)
    fitting, validation = dataset.split(share, seed=seed)
    again = dataset.split(share, seed=seed)
    assert (fitting.fingerprint, validation.fingerprint) == tuple(p.fingerprint for p in again)
    assert len(validation) == round(share * len(dataset))
    counts = np.bincount(validation.require_labels(), minlength=10)
    assert np.abs(counts - share * np.arange(100, 200, 10)).max() < 1
    everything = np.concatenate([fitting.images, validation.images])[:, 0, :2].astype(int)
    assert sorted(everything @ [256, 1]) == list(range(len(labels)))


def test_too_few_digits_to_split(digits: Dataset) -> None:
    with pytest.raises(DataError, match="too few images of the digit"):
        digits.split(0.01, seed=0)


def test_preprocessing(digits: Dataset) -> None:
    scaled = scale(digits.images)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, digits.images.astype(np.float64) / 255, rtol=1e-6)
    assert scaled.max() == 1
    assert add_channel(scaled).shape == (30, 28, 28, 1)
    rows = one_hot(digits.require_labels())
    assert rows.dtype == np.float32
    assert (rows.sum(axis=1) == 1).all()
    assert (rows.argmax(axis=1) == digits.labels).all()
    assert one_hot([1, 0], digits=2).tolist() == [[0, 1], [1, 0]]


def test_preprocessing_refuses_what_was_preprocessed_before(digits: Dataset) -> None:
    with pytest.raises(DataError, match="uint8"):
        scale(scale(digits.images))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="batch, height, width"):
        add_channel(add_channel(digits.images))
    with pytest.raises(DataError, match="flat array"):
        one_hot(one_hot(digits.require_labels()))
    with pytest.raises(DataError, match="0 to 9"):
        one_hot([10])

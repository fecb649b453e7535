"""Pictures of several pages: TIFFs and PDFs, sound, damaged and hostile."""

import contextlib
import io
import math
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits import Reader
from inkdigits.errors import PictureError
from inkdigits.reading import Page, decode, pages
from inkdigits.reading.limits import MAX_PAGES

from .conftest import block_imports

GREYS = (40, 90, 140, 190)


def sheets(width: int = 60, height: int = 40) -> list[Image.Image]:
    """Pages of different greys, each darker on its left."""
    images = []
    for grey in GREYS:
        image = Image.new("L", (width, height), grey)
        image.paste(grey // 2, (0, 0, width // 2, height))
        images.append(image)
    return images


def saved(images: list[Image.Image], kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    images[0].save(file, kind, save_all=True, append_images=images[1:], **options)  # type: ignore[arg-type]
    return file.getvalue()


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, the first of which is its catalogue."""
    content, places = b"%PDF-1.7\n", []
    for number, thing in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, thing)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return content + (
        b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table)
        + b"trailer\n<</Size %d/Root 1 0 R%b>>\n" % (len(objects) + 1, trailer)
        + b"startxref\n%d\n%%%%EOF" % len(content)
    )


def stream(content: bytes, dictionary: bytes = b"") -> bytes:
    packed = zlib.compress(content, 9)
    return b"<</Length %d/Filter/FlateDecode%b>>stream\n%b\nendstream" % (
        len(packed),
        dictionary,
        packed,
    )


def sheet(
    drawing: bytes = b"", box: bytes = b"0 0 300 200", more: bytes = b"", *others: bytes
) -> bytes:
    """A PDF of one page."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[%b]/Contents 4 0 R%b>>" % (box, more),
        stream(drawing),
        *others,
    )


def greys_of(found: list[Page | PictureError]) -> list[int]:
    return [int(page.pixels[20, -5]) for page in found if isinstance(page, Page)]


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate", "packbits"])
def test_every_frame_of_a_tiff_is_a_page(compression: str, tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    path.write_bytes(saved(sheets(), "TIFF", compression=compression))
    for picture in (path, path.read_bytes()):
        found = list(pages(picture))
        assert greys_of(found) == list(GREYS)
        assert [page.number for page in found if isinstance(page, Page)] == [0, 1, 2, 3]
        assert decode(picture).pixels[20, -5] == GREYS[0]
    path.unlink()  # which Windows refuses while it is open


def test_pages_may_differ_in_size_and_mode() -> None:
    images = [
        Image.new("L", (50, 40), 200),
        Image.new("RGB", (3000, 40), "white"),
        Image.new("1", (5, 9), 1),
    ]
    found = [page for page in pages(saved(images, "TIFF")) if isinstance(page, Page)]
    assert [(page.width, page.height) for page in found] == [(50, 40), (3000, 40), (5, 9)]


def test_small_copies_and_masks_in_a_tiff_are_no_pages() -> None:
    images = [sheets()[0], sheets(30, 20)[0], sheets()[1], sheets()[1]]
    for image, kind in zip(images, (0, 1, 2, 4), strict=True):
        image.encoderinfo = {"tiffinfo": {254: kind}}
    found = list(pages(saved(images, "TIFF", tiffinfo={254: 0})))
    assert greys_of(found) == [GREYS[0], GREYS[1]]


def test_a_damaged_frame_does_not_take_the_others_with_it() -> None:
    content = bytearray(saved(sheets(), "TIFF", compression="tiff_lzw"))
    with Image.open(io.BytesIO(content)) as image:
        image.seek(1)
        (place,), (length,) = image.tag_v2[273], image.tag_v2[279]  # type: ignore[attr-defined]
    content[place : place + length] = b"\xff" * length
    first, second, *others = pages(bytes(content))
    assert greys_of([first, *others]) == [GREYS[0], GREYS[2], GREYS[3]]
    assert isinstance(second, PictureError)
    assert "page 2 of the picture is truncated or damaged" in str(second)


@pytest.mark.filterwarnings("ignore")  # Pillow warns too
def test_of_a_tiff_that_breaks_off_the_pages_before_are_kept() -> None:
    content = saved(sheets(), "TIFF")
    found = list(pages(content[: len(content) * 2 // 3]))
    assert greys_of(found) == list(GREYS[:2])
    assert len(found) in (3, 4)
    assert all(isinstance(error, PictureError) for error in found[2:])


def test_too_many_pages_are_cut_off() -> None:
    tiny = [Image.new("L", (1, 1), 7)] * (MAX_PAGES + 1)
    for content in (saved(tiny, "TIFF"), saved(tiny, "PDF")):
        *found, error = pages(content)
        assert len(found) == MAX_PAGES
        assert all(isinstance(page, Page) for page in found)
        assert isinstance(error, PictureError)
        assert "the picture has more pages than 1,000" in str(error)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "AVIF"])
def test_an_animation_is_one_page(kind: str) -> None:
    options = {} if kind in ("PNG", "GIF") else {"quality": 100}
    (page,) = pages(saved(sheets(), kind, **options))
    assert isinstance(page, Page)
    assert page.pixels[20, -5] == pytest.approx(GREYS[0], abs=3)


def test_arrays_and_images_are_one_page() -> None:
    for picture in (np.zeros((4, 5), np.uint8), sheets()[0]):
        (page,) = pages(picture)
        assert isinstance(page, Page)


def test_a_damaged_picture_is_told_by_pages_and_raised_by_decode() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 60), np.uint8)
    content = saved([Image.fromarray(noise)], "PNG")[:-1000]
    (error,) = pages(content)
    assert isinstance(error, PictureError)
    with pytest.raises(PictureError, match=str(error)):
        decode(content)
    with pytest.raises(PictureError, match="known format"):
        list(pages(b"nothing"))


def test_every_page_of_a_pdf(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(saved(sheets(600, 400), "PDF", resolution=200))
    with path.open("rb") as file:
        for picture in (path, path.read_bytes(), file):
            found = [page for page in pages(picture) if isinstance(page, Page)]
            assert [page.number for page in found] == [0, 1, 2, 3]
            assert [page.pixels.shape for page in found] == [(400, 600)] * 4
            assert [(page.width, page.height) for page in found] == [(600, 400)] * 4
            for page, grey in zip(found, GREYS, strict=True):
                assert page.pixels[200, 500] == pytest.approx(grey, abs=2)
                assert page.pixels[200, 100] == pytest.approx(grey // 2, abs=2)
            assert decode(picture).pixels[200, 500] == pytest.approx(GREYS[0], abs=2)
    path.unlink()


def test_a_pdf_may_start_with_blanks() -> None:
    for front in (b"\xef\xbb\xbf", b"\r\n", b"\0" * 9):
        decode(front + sheet())


@pytest.mark.parametrize(
    ("box", "shape"),
    [
        (b"0 0 72 36", (100, 200)),  # 200 dots an inch
        (b"0 0 595 842", (1600, 1131)),  # A4
        (b"0 0 14400 7200", (800, 1600)),  # as large as the standard allows
        (b"0 0 1000000 0.001", (1, 1600)),
        (b"100 100 0 0", (278, 278)),  # corners the other way round
    ],
)
def test_the_size_of_pdf_pages(box: bytes, shape: tuple[int, int]) -> None:
    page = decode(sheet(box=box))
    assert page.pixels.shape == shape
    assert (page.height, page.width) == shape


@pytest.mark.parametrize(
    "box", [b"0 0 0 0", b"0 0 1000000000 1000000000", b"5 5 5 900", b"0 0 1" + b"9" * 50]
)
def test_pdf_pages_without_a_sensible_size_are_white_or_refused(box: bytes) -> None:
    with contextlib.suppress(PictureError):
        page = decode(sheet(box=box))
        assert max(page.pixels.shape) <= 1600
        assert page.pixels.min() == 255


def test_pdf_pages_are_upright() -> None:
    drawing = b"0 0 60 60 re f"  # the lower left corner
    corners = {0: (-1, 0), 90: (0, 0), 180: (0, -1), 270: (-1, -1)}
    for turn, (row, column) in corners.items():
        page = decode(sheet(drawing, more=b"/Rotate %d" % turn))
        assert page.pixels.shape == ((556, 833) if turn % 180 == 0 else (833, 556))
        assert page.pixels[row, column] == 0
        assert (page.pixels == 0).mean() == pytest.approx(0.06, abs=0.002)


def test_digits_on_a_pdf_are_read() -> None:
    from inkdigits import load_mnist

    digit = Image.fromarray(255 - load_mnist()[1].images[0]).resize((500, 500))
    content = saved([digit.convert("RGB")], "PDF")
    reading = Reader().read(content)
    assert reading.text == "7"
    assert (reading.width, reading.height) == (1389, 1389)
    (box,) = (digit.box for digit in reading.digits)
    assert 500 < box.x + box.width / 2 < 900


def test_a_damaged_pdf_page_does_not_take_the_others_with_it() -> None:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 30 20]>>"
    content = pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R 4 0 R 5 0 R]/Count 3>>",
        *(page, b"null", page),
    )
    first, second, third = pages(content)
    assert isinstance(first, Page)
    assert isinstance(second, PictureError)
    assert str(second) == "page 2 of the picture is damaged"
    assert isinstance(third, Page)
    assert third.number == 2


def test_an_encrypted_pdf_is_told_so() -> None:
    secret = b"<</Filter/Standard/V 1/R 2/O<%b>/U<%b>/P -4>>" % (b"5a" * 32, b"a5" * 32)
    content = pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 30 20]>>",
        secret,
        trailer=b"/Encrypt 4 0 R/ID[<00><00>]",
    )
    with pytest.raises(PictureError, match="is encrypted: save a copy that needs no password"):
        decode(content)


def test_a_pdf_without_pages() -> None:
    content = pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>")
    with pytest.raises(PictureError, match="has no pages"):
        decode(content)


IMAGE = b"/Type/XObject/Subtype/Image/BitsPerComponent 1/ColorSpace/DeviceGray"
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 300 200]"


def nested_forms(depth: int) -> bytes:
    """A drawing that draws ten of another, which draws ten of another, and so on."""
    forms = [
        stream(b"/F Do " * 10, FORM + b"/Resources<</XObject<</F %d 0 R>>>>" % (6 + level))
        for level in range(depth)
    ]
    line = stream(b"0 0 m 9 9 l S", FORM)
    return sheet(b"/F Do", b"0 0 300 200", b"/Resources<</XObject<</F 5 0 R>>>>", *forms, line)


def hostile_pdfs() -> dict[str, tuple[bytes, str]]:
    large = stream(bytes(20_000 * 2_500), IMAGE + b"/Width 20000/Height 20000")
    small = stream(bytes(1000 * 125), IMAGE + b"/Width 1000/Height 1000")
    draw = b"/Resources<</XObject<</I 5 0 R>>>>"
    return {
        "one large image": (sheet(b"/I Do", b"0 0 9 9", draw, large), "more than 89 megapixels"),
        "many images": (sheet(b"/I Do " * 99, b"0 0 9 9", draw, small), "more than 89 megapixels"),
        "many lines": (sheet(b"0 0 m 9 9 l S " * 110_000), "more than 100,000 objects"),
        "nested drawings": (nested_forms(5), "more than 100,000 objects"),
    }


@pytest.mark.parametrize("name", hostile_pdfs())
def test_a_pdf_that_asks_for_too_much_is_refused(name: str) -> None:
    content, sentence = hostile_pdfs()[name]
    assert len(content) < 100_000
    start = time.perf_counter()
    with pytest.raises(PictureError, match=f"page 1 of the picture .*{sentence}"):
        decode(content)
    assert time.perf_counter() - start < 10


def test_drawing_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from inkdigits.reading import pdf as room

    monkeypatch.setattr(room, "_MAX_SECONDS", 0.2)
    star = b"".join(
        b"%d %d %s " % (150 + 99 * math.cos(t), 100 + 99 * math.sin(t), b"l" if t else b"m")
        for t in range(300)
    )
    content = sheet((star + b"f ") * 1000)
    start = time.perf_counter()
    with pytest.raises(PictureError, match="page 1 of the picture takes more than 0 seconds"):
        decode(content)
    assert time.perf_counter() - start < 10


def test_many_threads_may_read_pdfs() -> None:
    content = saved(sheets(), "PDF")
    found: list[list[int]] = []

    def work() -> None:
        found.append(
            [int(page.pixels[20, -5]) for page in pages(content) if isinstance(page, Page)]
        )

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({tuple(greys) for greys in found}) == 1
    assert len(found[0]) == 4


def test_pages_that_are_not_asked_for_are_let_go(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    for kind in ("PDF", "TIFF"):
        path.write_bytes(saved(sheets(), kind))
        some = pages(path)
        next(some)
        some.close()
        path.unlink()


def test_pdfs_need_an_extra() -> None:
    with (
        block_imports("pypdfium2", "pypdfium2_raw"),
        pytest.raises(PictureError, match=r'pip install "inkdigits\[pdf\]"$'),
    ):
        decode(sheet())


def test_ink_that_is_an_annotation_is_drawn() -> None:
    """Tablets write on a PDF so."""
    appearance = stream(b"0 0 100 100 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 100 100]")
    note = b"<</Type/Annot/Subtype/Ink/Rect[50 50 150 150]/F 4/AP<</N 5 0 R>>/InkList[]>>"
    page = decode(sheet(b"", b"0 0 300 200", b"/Annots[6 0 R]", appearance, note))
    assert (page.pixels == 0).mean() == pytest.approx(1 / 6, abs=0.01)

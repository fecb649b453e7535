"""Damaged pictures of every format are read or refused with one sentence.

`benchmarks/fuzz.py` reads tens of thousands more, each under watch.
"""

import importlib.util
from pathlib import Path

import pytest

from inkdigits import Reader
from inkdigits.errors import PictureError
from inkdigits.reading import Page, decode, pages

_MUTATIONS = Path(__file__).parent.parent / "benchmarks" / "_mutations.py"
_spec = importlib.util.spec_from_file_location("_mutations", _MUTATIONS)
assert _spec
assert _spec.loader
mutations = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(mutations)

READER = Reader(threads=1)


@pytest.mark.parametrize("name", mutations.whole_pictures())
def test_whole_pictures_are_read(name: str) -> None:
    content = mutations.whole_pictures()[name]
    assert all(isinstance(page, Page) for page in pages(content))
    READER.read(content)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of damage that it can live with
@pytest.mark.parametrize("hundred", range(5))
def test_damaged_pictures_are_read_or_refused(hundred: int) -> None:
    read = 0
    for number in range(100 * hundred, 100 * hundred + 100):
        _, content = mutations.mutated(number, seed=12345)
        try:
            if number % 4 == 0:
                decode(content, by_colour=True)
            for page in pages(content):
                if isinstance(page, Page):
                    READER.read(page.pixels)
                    read += 1
                else:
                    assert "\n" not in str(page)
            READER.read(content)
        except PictureError as error:
            assert "\n" not in str(error)  # noqa: PT017  (most pictures raise none)
    assert read > 15  # what is refused at the first byte tests nothing

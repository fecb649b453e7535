"""What is drawn on the page or brought to it: pens, pictures, the camera."""

import base64
import io
import time

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browsing import PHONE, Open, Tab, encoded, reads
from tests.handwriting import draw
from tests.test_service import wait_for


def check_box(page: Page, left: float, top: float, right: float, bottom: float) -> None:
    """Check that the first box is around this part of the page, in CSS pixels."""
    wanted = pytest.approx((left, top, right, bottom), abs=20)

    def is_there() -> bool:
        box = page.locator(".box").first.bounding_box()
        if box is None:  # it is being drawn anew
            return False
        found = box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]
        return bool(found == wanted)

    wait_for(is_there)  # what is half drawn is read as well, until it is whole


def test_a_seven_is_drawn_with_the_mouse(tab: Tab) -> None:
    page = tab.page
    expect(page.locator("#welcome")).to_be_visible()
    tab.write("7")
    reads(page, "7")
    expect(page.locator("#welcome")).to_be_hidden()
    xs, ys = zip(*(point for stroke in tab.on_pad("7") for point in stroke))
    check_box(page, min(xs), min(ys), max(xs), max(ys))
    card = page.locator(".card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("certain")
    expect(card.get_by_role("img", name="Probabilities: 7: 9")).to_be_visible()
    expect(card.locator(".bar.best")).to_have_text("7")
    expect(card.get_by_role("img", name="What the network saw")).to_be_visible()
    expect(card.get_by_role("img", name="What speaks for the answer")).to_be_visible()
    assert _colours(page, "figure:nth-child(1) canvas") == {"grey"}
    wait_for(lambda: "blue" in _colours(page, "figure:nth-child(2) canvas"))


def _colours(page: Page, canvas: str) -> set[str]:
    pixels = page.locator(canvas).evaluate(
        "it => [...it.getContext('2d').getImageData(0, 0, 28, 28).data]"
    )
    colours = zip(pixels[::4], pixels[1::4], pixels[2::4])
    return {"blue" if b > r else "orange" if r > b else "grey" for r, _, b in colours}


def test_a_seven_is_drawn_with_a_finger(open_tab: Open) -> None:
    tab = open_tab(**PHONE)
    page = tab.page
    session = page.context.new_cdp_session(page)

    now = time.time()

    def touch(kind: str, *fingers: tuple[float, float], after: float = 0.01) -> None:
        nonlocal now
        now += after  # as the events say: however busy the machine is, the fingers come on time
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
        event = {"type": kind, "touchPoints": points, "timestamp": now}
        session.send("Input.dispatchTouchEvent", event)

    # Two fingers that come together draw nothing, whatever they do.
    touch("touchStart", (100, 200))
    touch("touchStart", (100, 200), (200, 200), after=0.2)
    for step in range(10):
        touch("touchMove", (100 + 5 * step, 200 + 9 * step), (200, 200 + 9 * step))
    touch("touchEnd")
    expect(page.locator("#clear")).to_be_disabled()
    expect(page.locator("#invitation")).to_be_visible()

    # And one that comes later does not keep the first one from drawing.
    scrolled = page.evaluate("scrollY")
    for first, *rest in tab.on_pad("7"):
        touch("touchStart", first)
        touch("touchStart", first, (300, 150), after=0.3)
        for point in rest:
            touch("touchMove", point, (300, 150))
        touch("touchEnd")
    reads(page, "7")
    assert page.evaluate("scrollY") == scrolled


def test_a_pen_draws_as_thick_as_it_is_pressed(tab: Tab) -> None:
    page = tab.page
    session = page.context.new_cdp_session(page)
    pad = page.locator("#pad").bounding_box()
    assert pad is not None
    inked = []
    for force in (0.1, 0.9):
        pen = {"pointerType": "pen", "button": "left", "force": force, "x": pad["x"] + 300}
        for kind, buttons, down in (("Pressed", 1, 100), ("Moved", 1, 300), ("Released", 0, 300)):
            event = {**pen, "type": f"mouse{kind}", "buttons": buttons, "y": pad["y"] + down}
            session.send("Input.dispatchMouseEvent", event)
        inked.append(_inked(page))
        page.get_by_role("button", name="Clear the pad").click()
    assert 1.5 * inked[0] < inked[1]


def _inked(page: Page) -> int:
    return page.locator("#pad").evaluate(
        """it => {
            const copy = new OffscreenCanvas(it.width, it.height).getContext("2d");
            copy.drawImage(it, 0, 0);
            return copy.getImageData(0, 0, it.width, it.height).data
                .filter((value, place) => place % 4 === 3 && value > 128).length;
        }"""
    )


def test_a_year_is_read(tab: Tab) -> None:
    page = tab.page
    page.evaluate(
        """() => {
            const plain = fetch;
            window.most = 0;
            let running = 0;
            window.fetch = async (path, ...more) => {
                if (!path.startsWith("/v1/read")) return plain(path, ...more);
                most = Math.max(most, ++running);
                try {
                    return await plain(path, ...more);
                } finally {
                    running -= 1;
                }
            };
        }"""
    )
    tab.write("2024", left=0.05, height=0.35)
    reads(page, "2024")
    assert page.evaluate("most") == 1  # however long one draws, no two are under way at once
    expect(page.locator(".box")).to_have_count(4)
    expect(page.locator("#summary")).to_have_text("All 4 digits are certain.")
    expect(page.locator("#announcement")).to_have_text("Read: 2024; 4 of 4 certain.")
    assert page.locator(".box").evaluate_all("all => all.map(it => it.dataset.sign)") == [*"2024"]


def test_what_is_not_certain_is_said_to_be_so_in_words(tab: Tab) -> None:
    tab.write("7?")
    page = tab.page
    reads(page, "7?")
    expect(page.locator(".card").nth(1)).to_contain_text("Not trusted: like a")
    expect(page.locator("#summary")).to_contain_text("1 of 2 digits are certain")
    expect(page.locator("#announcement")).to_have_text("Read: 7?; 1 of 2 certain.")


def test_what_is_drawn_meanwhile_is_explained_too(tab: Tab) -> None:
    page = tab.page
    tab.expected = {0}
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/v1/explain", hold, times=1)
    with page.expect_request("**/v1/explain"):
        tab.write("7")
    with page.expect_response("**/v1/read*"):
        tab.write("7", left=0.08)
    page.wait_for_timeout(1000)  # longer than an image has to rest before it is explained
    held[0].abort("internetdisconnected")
    expect(page.get_by_role("img", name="What speaks for the answer").first).to_be_visible()


def test_a_drawing_is_mended(tab: Tab) -> None:
    page = tab.page
    tab.write("7")
    reads(page, "7")
    page.get_by_role("button", name="Eraser").click()
    page.get_by_label("Thickness").fill("60")
    tab.write("7")
    expect(page.locator("#summary")).to_contain_text("No digits were found in what you drew")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    reads(page, "7")
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+Shift+z")
    expect(page.locator("#summary")).to_contain_text("No digits were found")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    reads(page, "7")
    page.get_by_role("button", name="Clear the pad").click()
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.locator(".box, .card")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    reads(page, "7")


def test_a_photo_is_shown_upright_with_its_boxes(tab: Tab) -> None:
    upright = draw("7", (600, 800), 300)
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by a quarter, clockwise
    tab.bring(encoded(turned, "JPEG", exif=exif), "photo.jpg", "image/jpeg")
    page = tab.page
    reads(page, "7")
    expect(page.locator("#pad")).to_be_hidden()
    expect(page.locator("#file-name")).to_have_text("photo.jpg")
    shown = page.locator("#picture").bounding_box()
    assert shown is not None
    assert shown["width"] / shown["height"] == pytest.approx(600 / 800, abs=0.01)
    scale = shown["width"] / 600
    check_box(page, shown["x"] + 210 * scale, shown["y"] + 260 * scale,
              shown["x"] + 386 * scale, shown["y"] + 540 * scale)  # fmt: skip
    page.get_by_role("button", name="Back to the pad").click()
    expect(page.locator("#pad")).to_be_visible()
    expect(page.locator("#welcome")).to_be_visible()


def test_what_the_browser_cannot_show_is_drawn_by_the_service(tab: Tab) -> None:
    pages = [draw(text, (600, 400), 200) for text in ("7", "42")]
    pdf = encoded(pages[0], "PDF", save_all=True, append_images=pages[1:])
    tab.bring(pdf, "pages.pdf", "application/pdf")
    page = tab.page
    reads(page, "7")
    expect(page.locator("#picture")).to_be_visible()
    expect(page.locator(".box")).to_have_count(0)  # they are in the drawing
    page.get_by_role("button", name="Next page").click()
    reads(page, "42")
    tab.expected = {422}
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_role("alert")).to_contain_text("The picture has no page 3.")
    expect(page.locator("#page-number")).to_have_text("Page 2")
    reads(page, "42")
    tab.bring(b"no picture at all", "notes.txt", "text/plain")
    expect(page.get_by_role("alert")).to_contain_text("is not a picture of a known format")
    expect(page.get_by_text("No picture to show")).to_be_visible()


def test_a_damaged_page_does_not_hide_those_behind_it(tab: Tab) -> None:
    page = tab.page
    # Safari shows the first page of a TIFF, and knows of no other.
    page.evaluate(
        """() => {
            const plain = createImageBitmap;
            window.createImageBitmap = (blob, options) =>
                blob.type === "image/png" ? plain(blob, options) : plain(new ImageData(600, 400));
        }"""
    )
    sheets = [draw(text, (600, 400), 200) for text in ("7", "1", "42")]
    tiff = bytearray(
        encoded(sheets[0], "TIFF", save_all=True, append_images=sheets[1:], compression="tiff_lzw")
    )
    with Image.open(io.BytesIO(tiff)) as opened:
        opened.seek(1)
        (place, *_), (length, *_) = opened.tag_v2[273], opened.tag_v2[279]  # type: ignore[attr-defined]
    tiff[place : place + length] = b"\xff" * length
    tab.bring(bytes(tiff), "pages.tif", "application/octet-stream")
    reads(page, "7")
    expect(page.locator(".box")).to_have_count(1)
    tab.expected = {422}
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_role("alert")).to_contain_text("Page 2 of the picture is truncated")
    expect(page.get_by_text("No picture to show")).to_be_visible()
    expect(page.locator(".card")).to_have_count(0)
    page.get_by_role("button", name="Next page").click()
    reads(page, "42")
    expect(page.locator("#picture")).to_be_visible()
    expect(page.locator(".box")).to_have_count(0)  # they are in the service's drawing
    page.get_by_role("button", name="Next page").dblclick()
    expect(page.get_by_role("button", name="Next page")).to_be_disabled()
    expect(page.locator("#page-number")).to_have_text("Page 3")
    reads(page, "42")


def test_a_picture_is_pasted_and_another_is_dropped(tab: Tab) -> None:
    page = tab.page
    page.evaluate(
        """async (base64) => {
            const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
            const blob = new Blob([bytes], { type: "image/png" });
            await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
        }""",
        base64.b64encode(encoded(draw("42", (400, 300), 150), "PNG")).decode(),
    )
    page.keyboard.press("Control+v")
    reads(page, "42")
    expect(page.locator(".box")).to_have_count(2)

    data = page.evaluate_handle(
        """(base64) => {
            const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
            return data;
        }""",
        base64.b64encode(encoded(draw("74", (400, 300), 150), "PNG")).decode(),
    )
    page.dispatch_event("#stage", "dragover", {"dataTransfer": data})
    expect(page.get_by_text("Drop the picture")).to_be_visible()
    page.dispatch_event("#stage", "drop", {"dataTransfer": data})
    reads(page, "74")
    expect(page.locator("#file-name")).to_have_text("dropped.png")
    expect(page.get_by_text("Drop the picture")).to_be_hidden()


def test_a_picture_is_taken_with_the_camera(tab: Tab) -> None:
    page = tab.page
    page.get_by_role("button", name="Camera").click()
    expect(page.get_by_role("button", name="Take it")).to_be_enabled()
    page.evaluate("window.filming = document.querySelector('video').srcObject.getTracks()[0]")
    assert page.evaluate("filming.readyState") == "live"
    page.get_by_role("button", name="Take it").click()
    reads(page, "7")
    assert page.evaluate("filming.readyState") == "ended"

"""The page in a real browser, against the real service."""

import base64
import contextlib
import io
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from inkdigits.feedback import Feedback
from tests.browsing import DEADLINE, Tab, browsing, encoded
from tests.handwriting import draw
from tests.serving import Server, serving

Open = Callable[..., Tab]
Serve = Callable[..., str]

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
MOST_BYTES = 300_000
KEY = "open-sesame"

expect.set_options(timeout=DEADLINE)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("film")) as browser:
        yield browser


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(browser: Browser, home: Path) -> Iterator[Server]:
    with serving(home) as server:
        yield server


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a service with settings of its own, and gives its URL."""
    with contextlib.ExitStack() as servers:

        def serve(**settings: str) -> str:
            return servers.enter_context(serving(tmp_path, environment=settings)).url

        yield serve


@pytest.fixture
def open_tab(browser: Browser, server: Server, serve: Serve) -> Iterator[Open]:
    tabs: list[Tab] = []

    def open_tab(url: str = server.url, **options: object) -> Tab:
        tabs.append(Tab(browser, url, **options))
        return tabs[-1]

    yield open_tab
    for tab in tabs:
        tab.close()


@pytest.fixture
def tab(open_tab: Open) -> Tab:
    return open_tab()


def reads(page: Page, text: str) -> None:
    """Wait until the page says that it read this."""
    expect(page.locator("#text")).to_have_text(text)


def check_box(page: Page, left: float, top: float, right: float, bottom: float) -> None:
    """Check that the first box is around this part of the page, in CSS pixels."""
    box = page.locator(".box").first.bounding_box()
    assert box is not None
    found = box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]
    assert found == pytest.approx((left, top, right, bottom), abs=20)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/static/main.js", "text/javascript; charset=utf-8"),
        ("/static/style.css", "text/css; charset=utf-8"),
        ("/static/icon.svg", "image/svg+xml"),
    ],
)
def test_browsers_are_told_what_the_files_are(path: str, kind: str, server: Server) -> None:
    assert httpx.get(server.url + path).headers["Content-Type"] == kind


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
    assert "blue" in _colours(page, "figure:nth-child(2) canvas")


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


def test_a_correction_is_kept_with_consent_only(tab: Tab, home: Path) -> None:
    page = tab.page
    tab.write("2024", left=0.05, height=0.35)
    reads(page, "2024")
    page.get_by_role("button", name="Correct", exact=True).click()
    page.locator(".box").nth(1).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It was read as a 0")
    page.keyboard.press("6")
    expect(dialog.get_by_role("radio", name="6")).to_be_checked()
    dialog.get_by_role("button", name="Send").click()
    expect(dialog).to_be_visible()  # the consent is missing
    dialog.get_by_role("checkbox").check()
    tab.keep("page-correct")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#notice")).to_contain_text("It is kept as a 6")
    reads(page, "2624")
    expect(page.locator(".card").nth(1)).to_contain_text("You said so; read as 0")
    with Feedback(f"sqlite:///{home / 'feedback.db'}") as feedback:
        kept = list(feedback.each())
    assert [(one.digit, one.answer) for one in kept] == [(6, 0)]
    assert kept[0].image.max() > 200
    assert kept[0].confidence is not None
    assert kept[0].confidence > 0.9
    assert kept[0].id[:12] in page.locator("#notice").inner_text()
    page.get_by_role("button", name="Done").click()
    tab.write("7", top=0.02, height=0.2)  # the pad is there to write on again
    expect(page.locator(".card")).to_have_count(5)


def test_a_correction_that_is_cancelled_is_not_sent_later(tab: Tab, home: Path) -> None:
    page = tab.page
    tab.expected = {429}
    sent = []

    def once_busy(route: Route) -> None:
        sent.append(route)
        if len(sent) > 1:
            route.continue_()
        else:
            route.fulfill(status=429, headers={"Retry-After": "1"})

    page.route("**/v1/corrections", once_busy)
    before = _corrections(home)
    tab.write("74")
    reads(page, "74")
    page.get_by_role("button", name="Correct", exact=True).click()
    page.locator(".box").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("checkbox").check()
    page.keyboard.press("1")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The service is busy.")
    dialog.get_by_role("button", name="Cancel").click()
    page.locator(".box").nth(1).click()
    expect(dialog).to_contain_text("It was read as a 4")
    page.wait_for_timeout(1500)  # longer than it would have waited
    expect(dialog).to_contain_text("It was read as a 4")
    expect(dialog.locator("#correction-error")).to_be_empty()
    expect(dialog.get_by_role("button", name="Send")).to_be_enabled()
    assert len(sent) == 1
    assert _corrections(home) == before


def _corrections(home: Path) -> int:
    with Feedback(f"sqlite:///{home / 'feedback.db'}") as feedback:
        return feedback.count()


def test_everything_is_reached_by_keyboard(tab: Tab) -> None:
    page = tab.page
    press = page.keyboard.press
    focused = "document.activeElement.id"
    for wanted in ("", "theme", "pad"):  # the link that skips to the reading has no id
        press("Tab")
        assert page.evaluate(focused) == wanted
    expect(page.get_by_text("By keyboard: arrow keys")).to_be_visible()
    press("Space")
    for _ in range(16):
        press("ArrowDown")
    press("Space")
    reads(page, "1")
    order = ("pen", "eraser", "thickness", "undo", "clear", "choose", "camera", "correcting")
    for wanted in order:
        press("Tab")
        assert page.evaluate(focused) == wanted
    press("Enter")
    press("Tab")
    expect(page.get_by_role("button", name="Correct this 1")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("button", name="Correct this 1")).to_be_focused()


def test_the_theme_is_kept(tab: Tab) -> None:
    page = tab.page
    root, toggle = page.locator("html"), page.get_by_role("button", name="Dark theme")
    expect(root).to_have_attribute("data-theme", "light")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    expect(toggle).to_have_attribute("aria-pressed", "true")


def test_being_offline_is_said(tab: Tab) -> None:
    tab.expected = {0}
    tab.set_offline(True)
    tab.write("7")
    expect(tab.page.get_by_role("alert")).to_contain_text("You are offline.")
    tab.set_offline(False)
    reads(tab.page, "7")
    expect(tab.page.get_by_role("alert")).to_be_empty()


def test_an_answer_that_stalls_keeps_nothing_else_from_being_read(tab: Tab) -> None:
    page = tab.page
    page.evaluate(
        """() => {
            const plain = fetch;
            const { dataset } = document.documentElement;
            window.fetch = async (path, options) => {
                if (dataset.stalled || !path.startsWith("/v1/read")) return plain(path, options);
                dataset.stalled = "yes";
                const { signal } = options;
                const start = (stream) =>
                    signal.addEventListener("abort", () => stream.error(signal.reason));
                return new Response(new ReadableStream({ start }));
            };
        }"""
    )
    tab.write("7")
    expect(page.locator("html")).to_have_attribute("data-stalled", "yes")
    page.get_by_role("button", name="Clear the pad").click()
    tab.write("4")
    reads(page, "4")
    expect(page.get_by_role("alert")).to_be_empty()


def test_the_model_is_asked_for_until_it_is_known(tab: Tab) -> None:
    page = tab.page
    tab.expected = {0}
    alert, again = page.get_by_role("alert"), page.get_by_role("button", name="Try again")
    for retry in (again.click, lambda: page.evaluate("dispatchEvent(new Event('online'))")):
        page.route("**/v1/model", lambda route: route.abort("internetdisconnected"))
        page.reload()
        expect(alert).to_contain_text("The service cannot be reached.")
        again.click()
        expect(alert).to_contain_text("The service cannot be reached.")
        page.unroute("**/v1/model")
        retry()
        expect(page.locator("#model")).to_contain_text("Model")
        expect(alert).to_be_empty()
    tab.write("7")
    reads(page, "7")
    expect(page.locator("#correcting")).to_be_visible()


def test_a_busy_service_is_asked_again(open_tab: Open, serve: Serve) -> None:
    tab = open_tab(serve(INKDIGITS_RATE_LIMIT="3/3second"))
    tab.expected = {429}
    page = tab.page
    page.evaluate(
        """() => {
            window.said = [];
            const bar = document.getElementById("alert");
            const hear = () => said.push(bar.textContent);
            new MutationObserver(hear).observe(bar, { childList: true });
            const plain = fetch;
            let refused = false;
            window.fetch = async (...asked) => {
                for (;;) {
                    const answer = await plain(...asked);
                    refused ||= answer.status === 429;
                    if (refused) return answer;
                }
            };
        }"""
    )
    tab.write("7")
    reads(page, "7")
    assert any(
        re.search(r"The service is busy\. Trying again in \d+ s\.", said)
        for said in page.evaluate("said")
    )
    expect(page.get_by_role("alert")).to_be_empty()


def test_the_key_is_asked_for(open_tab: Open, serve: Serve) -> None:
    tab = open_tab(serve(INKDIGITS_API_KEY=KEY, INKDIGITS_CORRECTIONS="false"))
    tab.expected = {401}
    page = tab.page
    dialog = page.get_by_role("dialog", name="API key")
    expect(dialog).to_be_visible()
    check_accessible(page)
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("key")
    tab.write("7")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Enter the key").click()
    dialog.get_by_label("Key").fill("wrong")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("does not know this key")
    dialog.get_by_label("Key").fill(KEY)
    page.keyboard.press("Enter")
    reads(page, "7")
    page.reload()
    tab.write("4")
    reads(page, "4")
    expect(dialog).to_be_hidden()
    expect(page.locator("#correcting")).to_be_hidden()  # this service keeps none

    forbid = """Object.defineProperty(window, "sessionStorage", {
        get() { throw new DOMException("", "SecurityError"); },
    })"""
    page.add_init_script(forbid)
    page.reload()
    dialog.get_by_label("Key").fill(KEY)
    page.keyboard.press("Enter")
    tab.write("7")
    reads(page, "7")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("page-light", {"color_scheme": "light"}),
        ("page-dark", {"color_scheme": "dark"}),
        ("page-phone", {"color_scheme": "light", "device_scale_factor": 2, **PHONE}),
    ],
)
def test_the_page_is_accessible_and_fits(
    name: str, options: dict[str, object], open_tab: Open
) -> None:
    tab = open_tab(reduced_motion="reduce", **options)  # half faded in, nothing has contrast
    page = tab.page
    assert tab.bytes < MOST_BYTES
    if name == "page-phone":
        check_accessible(page)
    if name == "page-dark":
        tab.write("7?")
        reads(page, "7?")
    else:
        tab.write("2024", left=0.05, height=0.35)
        reads(page, "2024")
    expect(page.get_by_role("img", name="What speaks for the answer")).not_to_have_count(0)
    if name != "page-phone":  # where not all of them are in sight
        expect(page.get_by_role("img", name="The explanation is not there")).to_have_count(0)
    check_accessible(page)
    tab.keep(name)
    if name == "page-light":
        page.get_by_role("button", name="Correct", exact=True).click()
        check_accessible(page)
        page.locator(".box").first.click()
        check_accessible(page)


def check_accessible(page: Page) -> None:
    """Check with axe-core, and that a thumb hits what it aims at."""
    found = Axe().run(page).response["violations"]
    faults = [
        (fault["id"], [node["target"] for node in fault["nodes"]])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
    assert not faults
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.locator("button:visible, input:visible").evaluate_all(
        """all => all.map(it => it.closest("label") ?? it)
            .filter(it => it.getBoundingClientRect().height < 44)
            .map(it => it.outerHTML)"""
    )
    assert not small

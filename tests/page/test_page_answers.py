"""What comes of a reading: corrections, keys, trouble, and how all of it looks."""

import re
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from inkdigits.feedback import Feedback
from tests.browsing import PHONE, Open, Serve, Tab, reads
from tests.serving import Server

MOST_BYTES = 300_000
KEY = "open-sesame"


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

"""Fixtures of browser tests: an installed Chromium, and our server on a loopback port.

    # tests/conftest.py
    from vuelve.platform.tests.browser import chromium, live_server, page  # noqa: F401

    # tests/test_x_browser.py
    pytestmark = pytest.mark.browser

    def test_something(live_server: str, page: Page) -> None:
        page.goto(f"{live_server}/sign-in")

Without Chromium the tests are skipped, loudly; where CI=true that is a failure. `page` fails a test in which the browser
reported an error: a script that broke, or something that the content security policy refused.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Containers have no user namespaces, and nothing may leave the machine.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS_MAX = 30
# A page that was left before the browser had faded it in.
NO_FAULT = "Transition was aborted"


def installed_chromium() -> str:
    """Its path; without one the test is skipped, or fails where CI=true."""
    if path := next(filter(None, map(shutil.which, NAMES)), None):
        return path
    reason = "BROWSER TESTS DO NOT RUN: no Chromium is installed (Debian: apt-get install chromium)."
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """One browser a module: Playwright keeps an event loop running in this thread, which must end with the module."""
    path = installed_chromium()
    from playwright.sync_api import sync_playwright

    # Django refuses the database in a thread that has an event loop; here the loop is the browser's, not ours.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            yield browser
            browser.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture(scope="session")
def live_server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server as it runs in earnest: granian, as the web role, on the database of the tests."""
    with _port() as port:
        address = f"http://127.0.0.1:{port}"
    log_path = tmp_path_factory.mktemp("live_server") / "log"
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "rsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    command += ["--workers", "1", "vuelve.config.server:application"]
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "VUELVE_DB_ROLE": "web",
        "VUELVE_WEB_THREADS": "2",
        "VUELVE_PUBLIC_URL": address,
    }
    with log_path.open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait(server, address, log_path)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def _port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


def _wait(server: "subprocess.Popen[bytes]", address: str, log_path: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log_path.read_text(errors='replace')[-2000:]}")


@pytest.fixture
def page(chromium: "Browser") -> Iterator["Page"]:
    """A page of 1440 x 900 with cookies of its own."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="es-MX")
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: None if NO_FAULT in str(error) else complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if _is_fault(said) else None)
    yield opened
    context.close()
    assert not complaints, complaints


def _is_fault(said: "ConsoleMessage") -> bool:
    # A page that answers 404, or a request that a test makes fail, is no fault of a script or of the policy.
    return said.type == "error" and not said.text.startswith(("Failed to load resource", "htmx:"))


def sign_in(page: "Page", live_server: str, token: str) -> None:
    """As `vuelve sign-in-link` lets somebody in."""
    page.goto(f"{live_server}/sign-in/{token}")
    page.wait_for_url("**/s/**")


def serious_faults(page: "Page") -> list[str]:
    """What axe-core finds serious or critical on the page, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    ]


def looks_right(page: "Page", name: str) -> None:
    """Accessible, and nothing wider than the screen, on a desk in light and on a phone in dark.

    With VUELVE_TEST_PICTURES (a folder) there is a picture of each.
    """
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    assert not (faults := serious_faults(page)), faults
    _picture(page, f"{name}-desk")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_timeout(300)  # colours change gradually
    assert page.evaluate("document.documentElement.scrollWidth <= 390")
    assert not (faults := serious_faults(page)), faults
    _picture(page, f"{name}-phone")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.wait_for_timeout(300)


def _picture(page: "Page", name: str) -> None:
    if folder := os.environ.get("VUELVE_TEST_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)

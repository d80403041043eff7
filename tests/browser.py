"""A headless Chromium for tests, found on the machine and never downloaded."""

import os
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

from analysis.pages.chromium import NAMES, QUIET, find_chromium


def wanted_chromium() -> str:
    """Find Chromium or skip; in continuous integration it must be there."""
    found = find_chromium()
    if found:
        return found
    reason = f"none of {', '.join(NAMES)} is on the PATH; install Debian's package chromium."
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def headless_chromium():
    """Give a browser with an empty profile of its own."""
    path = wanted_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, "--no-sandbox"])
        yield browser
        browser.close()


class Opened:
    """A page opened from a file, with what it complained of and what it asked for."""

    def __init__(self, browser, file, *, width=1280, scheme="light", script=True):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
        )
        self.page = self.context.new_page()
        self.complaints, self.requests = [], []
        self.page.on("console", lambda told: self.complaints.append(told.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())

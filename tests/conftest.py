"""Shared by every test: which optional parts this machine has, and what was left out for want of one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
import stalls

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

REQUIRED = {part for part in os.environ.get("INSTRUCT2ACT_REQUIRE", "").split(",") if part}


def _jail() -> str:
    from instruct2act.sandbox import jail

    return "; ".join(f"{layer.name}: {layer.detail}" for layer in jail.layers() if layer.mandatory and not layer.holds)


def _weights() -> str:
    from skills.backends import weights

    return weights.missing()


def _vimabench() -> str:
    place = os.environ.get("INSTRUCT2ACT_VIMABENCH", "")
    return "" if place else "INSTRUCT2ACT_VIMABENCH (and INSTRUCT2ACT_VIMABENCH_PYTHON) say where a checkout is"


def _ray() -> str:
    return "" if find_spec("ray") else "ray: pip install 'instruct2act[ray]'"


def _rerun() -> str:
    return "" if find_spec("rerun") else "rerun: pip install 'instruct2act[rerun]'"


def _chromium() -> str:
    return "" if shutil.which("chromium") else "chromium, to open pages with"


def _playwright() -> str:
    return _chromium() or ("" if find_spec("playwright") else "playwright: pip install 'instruct2act[dev]'")


PARTS: dict[str, Callable[[], str]] = {
    "jail": _jail,
    "weights": _weights,
    "vimabench": _vimabench,
    "chromium": _chromium,
    "playwright": _playwright,
    "ray": _ray,
    "rerun": _rerun,
}
"""Part -> a function that says what is missing, or "" when the part is whole."""

_missing: dict[str, str] = {}


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(stalls, "stalls")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """A headless browser, for pages as people see them."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # The sandbox of Chromium itself needs rights that a container's root does not have.
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        part = marker.args[0]
        if part not in _missing:
            _missing[part] = PARTS[part]()
        if _missing[part]:
            message = f"needs {part}: {_missing[part]}"
            if part in REQUIRED:
                pytest.fail(message, pytrace=False)
            pytest.skip(message)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = {str(report.longrepr[2]) for report in terminalreporter.getreports("skipped") if report.longrepr}
    if reasons:
        terminalreporter.section("left out for a missing part")
        for reason in sorted(reasons):
            terminalreporter.line(reason.removeprefix("Skipped: "))

"""For all tests: where nothing may be skipped (CI), a skipped test is a failed one."""

import os

import pytest

SKIP_NOTHING = bool(os.environ.get("FEEDSTREAM_TESTS_SKIP_NOTHING"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    """Turn a skip into a failure that gives the skip's reason."""
    outcome = yield
    report = outcome.get_result()
    if SKIP_NOTHING and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing may be skipped here: {report.longrepr}"

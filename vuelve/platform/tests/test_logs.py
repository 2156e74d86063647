"""Logs."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from vuelve.platform.logs import configure_logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, configuration = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configuration)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_does_not_tell_what_variables_hold(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(as_json=as_json)
    token = "".join(["shpat", "_", "secret"])  # not to be found in the line of code
    try:
        raise ValueError(len(token))
    except ValueError:
        logging.getLogger("vuelve.test").exception("failed")
    written = capsys.readouterr().err
    assert "ValueError" in written
    assert token not in written

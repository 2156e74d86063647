from vuelve.platform.tests.browser import chromium, live_server, page  # noqa: F401

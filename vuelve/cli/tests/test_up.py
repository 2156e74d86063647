"""`vuelve init` and `vuelve up` with real processes: what a kill at any instant leaves, and what a start mends."""

import base64
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.embedded]

REPOSITORY = Path(__file__).resolve().parents[3]
READY_SECONDS = 60
STOP_SECONDS = 10


def clean_environment(home: Path) -> dict[str, str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("VUELVE_", "DATABASE_"))
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    packages = sysconfig.get_path("purelib")
    return environment | {
        "VUELVE_HOME": str(home),
        "PYTHONPATH": f"{REPOSITORY}:{packages}",
        "HOME": str(home.parent),
    }


class Vuelve:
    """One installation in a folder of its own, run by one user of the system."""

    def __init__(self, home: Path, uid: int | None) -> None:
        self.home = home
        self.uid = uid
        self.python = python_of(uid) or sys.executable
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def init(self) -> dict[str, Any]:
        done = subprocess.run(
            [self.python, "-m", "vuelve", "init", "--json"],
            env=clean_environment(self.home), cwd=self.home.parent, capture_output=True, check=True, timeout=120, **as_user(self.uid),
        )  # fmt: skip
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def up(self) -> None:
        log = (self.home.parent / "up.log").open("ab")
        self.process = subprocess.Popen(
            [self.python, "-m", "vuelve", "up", "--port", str(self.port)],
            env=clean_environment(self.home), cwd=self.home.parent, stdout=log, stderr=log, **as_user(self.uid),
        )  # fmt: skip
        wait_for(lambda: self.get("/readyz")[0] == 200, READY_SECONDS, f"ready; log:\n{self.log()[-3000:]}")

    def log(self) -> str:
        return (self.home.parent / "up.log").read_text(errors="replace")

    def get(self, path: str, key: str = "") -> tuple[int, bytes]:
        return self._ask(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}"), key)

    def post(self, path: str, body: Any, key: str) -> int:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        return self._ask(request, key)[0]

    def _ask(self, request: urllib.request.Request, key: str) -> tuple[int, bytes]:
        if key:
            request.add_header("Authorization", "Basic " + base64.b64encode(f"{key}:".encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def stats(self, key: str) -> dict[str, int]:
        found: dict[str, int] = json.loads(self.get("/api/v1/stats", key)[1])
        return found

    def processes(self) -> list[psutil.Process]:
        """Everything that still runs for this home: postgres says -D <home>/..., the rest has it in the environment."""
        found = []
        for process in psutil.process_iter():
            try:
                if str(self.home) in " ".join(process.cmdline()) or process.environ().get(
                    "VUELVE_HOME"
                ) == str(self.home):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def postmaster(self) -> psutil.Process:
        return next(p for p in self.processes() if p.name() == "postgres" and "-D" in p.cmdline())


def wait_for(condition: Any, seconds: float, what: str) -> None:
    until = monotonic() + seconds
    while not condition():
        assert monotonic() < until, f"not in {seconds} s: {what}"
        sleep(0.1)


@contextmanager
def installation(uid: int | None) -> Iterator[Vuelve]:
    folder = Path(tempfile.mkdtemp(prefix="vuelve-up-", dir="/var/tmp"))
    if uid is not None:
        os.chown(folder, uid, uid)
    folder.chmod(0o755)
    vuelve = Vuelve(folder / "home", uid)
    try:
        yield vuelve
    finally:
        for process in vuelve.processes():
            with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
                process.kill()
        wait_for(lambda: not vuelve.processes(), 20, "all processes gone")
        shutil.rmtree(folder, ignore_errors=True)


def python_of(uid: int | None) -> str | None:
    """A Python that the user may run: this one, or the system's own of the same version with our packages."""
    for candidate in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        try:
            done = subprocess.run(
                [candidate, "-c", "import django, granian, psycopg, vuelve"],
                env=clean_environment(Path("/nonexistent/home")), cwd="/", capture_output=True, check=False, **as_user(uid),
            )  # fmt: skip
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    return None


def as_user(uid: int | None) -> dict[str, Any]:
    return {"user": uid, "group": uid, "extra_groups": []} if uid is not None else {}


def users() -> list[Any]:
    """As root: both as root and as somebody ordinary. Otherwise: as who we are."""
    if os.geteuid() != 0:
        return [pytest.param(None, id="ordinary")]
    nobody = pwd.getpwnam("nobody").pw_uid
    marks = []
    if python_of(nobody) is None:
        marks = [
            pytest.mark.skip(
                reason="NOT TESTED as an ordinary user: `nobody` can run no Python that has our packages"
            )
        ]
    return [pytest.param(None, id="root"), pytest.param(nobody, id="ordinary", marks=marks)]


@pytest.fixture(params=users())
def vuelve(request: pytest.FixtureRequest) -> Iterator[Vuelve]:
    with installation(request.param) as made:
        yield made


class Load:
    """Posts orders from some threads and counts those that were answered with 200."""

    def __init__(self, vuelve: Vuelve, key: str) -> None:
        self.vuelve, self.key = vuelve, key
        self.acknowledged: set[str] = set()
        self.sent: set[str] = set()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(3)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        for turn in range(100_000):
            if self._stop.is_set():
                return
            ids = [f"{number}-{turn}-{n}" for n in range(20)]
            batch = [order(key) for key in ids]
            self.sent.update(ids)
            if self.vuelve.post("/v1/batch", {"batch": batch}, self.key) == 200:
                self.acknowledged.update(ids)
            else:
                sleep(0.05)


def order(key: str) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Order Completed",
        "userId": f"user-{key}",
        "messageId": key,
        "properties": {
            "order_id": key,
            "currency": "MXN",
            "total": 105.5,
            "products": [
                {"product_id": "p1", "name": "Café", "category": "COFFEE", "price": 105.5, "quantity": 1}
            ],
        },
    }


def test_kills_under_load_lose_nothing(vuelve: Vuelve) -> None:
    keys = vuelve.init()
    assert set(keys) == {"shop", "write_key", "secret_key", "admin_email", "admin_password"}
    assert vuelve.init() == {"shop": keys["shop"], "admin_email": keys["admin_email"]}

    vuelve.up()
    with Load(vuelve, keys["write_key"]) as load:
        wait_for(lambda: len(load.acknowledged) > 200, 30, "some orders")
        vuelve.postmaster().send_signal(signal.SIGKILL)  # under `vuelve up`, which starts it again
        before = len(load.acknowledged)
        wait_for(
            lambda: len(load.acknowledged) > before + 200,
            READY_SECONDS,
            f"recovery; log:\n{vuelve.log()[-3000:]}",
        )
        assert vuelve.process is not None
        vuelve.process.kill()
        wait_for(lambda: not vuelve.processes(), 20, "no server left behind")
    vuelve.process.wait()

    vuelve.up()
    stored = vuelve.stats(keys["secret_key"])["events"]
    assert len(load.acknowledged) <= stored <= len(load.sent)
    wait_for(lambda: vuelve.stats(keys["secret_key"])["orders"] == stored, 60, "every event consumed once")
    # The same again: all are known, none is doubled.
    again = sorted(load.acknowledged)[:500]
    assert vuelve.post("/v1/batch", {"batch": [order(key) for key in again]}, keys["write_key"]) == 200
    assert vuelve.stats(keys["secret_key"])["events"] == stored
    # Each live order enters its journeys once; the confirmation needs no consent.
    wait_for(lambda: vuelve.stats(keys["secret_key"])["messages"] >= stored, 90, "a message for each order")

    assert b"vuelve_consumer_events_total" in vuelve.get("/metrics")[1]
    began = monotonic()
    vuelve.process.terminate()
    assert vuelve.process.wait(timeout=STOP_SECONDS) == 0
    assert monotonic() - began < STOP_SECONDS
    assert vuelve.processes() == []


def test_a_second_up_on_the_same_home_is_refused() -> None:
    with installation(None) as vuelve:
        vuelve.init()
        vuelve.up()
        second = subprocess.run(
            [sys.executable, "-m", "vuelve", "up", "--port", "1"],
            env=clean_environment(vuelve.home), capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        assert second.returncode == 1
        assert b"already" in second.stderr
        assert b"Traceback" not in second.stderr
        assert vuelve.get("/readyz")[0] == 200

"""Run a command beside a temporary Spark cluster: `with_spark.py -- COMMAND...`. A master and two workers of the pyspark package,
each with one CPU, all on loopback.

The command finds the master's address in VUELVE_TEST_SPARK, and what a driver is to be told where Spark looks for it. Needs
Java 17 or newer.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

HERE = "127.0.0.1"
WORKERS = 2
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 20
# Small, so that the cluster fits beside a test suite; shuffles of 200 parts would take longer than what is shuffled.
DEFAULTS = {
    "spark.driver.host": HERE,
    "spark.driver.bindAddress": HERE,
    "spark.driver.memory": "640m",
    "spark.executor.memory": "640m",
    "spark.executor.cores": "1",
    "spark.sql.shuffle.partitions": "2",
}
LOGGING = """\
rootLogger.level = error
rootLogger.appenderRef.err.ref = err
appender.err.type = Console
appender.err.name = err
appender.err.target = SYSTEM_ERR
appender.err.layout.type = PatternLayout
appender.err.layout.pattern = %d %p %c{1}: %m%n
"""


def main(arguments: list[str]) -> int:
    command = arguments[arguments.index("--") + 1 :]
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        sys.exit("pyspark is not installed: pip install -r requirements/spark.txt")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        sys.exit("Spark needs Java 17 or newer, e.g. the package openjdk-17-jre-headless")
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(1))
    home = Path(found.origin).parent
    folder = Path(tempfile.mkdtemp(prefix="vuelve-spark-", dir="/var/tmp"))
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(folder),
        "SPARK_LOCAL_IP": HERE,
        "SPARK_LOCAL_DIRS": str(folder / "scratch"),
        "SPARK_DAEMON_MEMORY": "256m",
    }
    (folder / "spark-defaults.conf").write_text(
        "".join(f"{key} {value}\n" for key, value in DEFAULTS.items())
    )
    (folder / "log4j2.properties").write_text(LOGGING)
    port = _free_port()
    address = f"spark://{HERE}:{port}"
    running: list[subprocess.Popen[bytes]] = []

    def start(role: str, *options: str) -> None:
        program = f"org.apache.spark.deploy.{role.lower()}.{role}"
        line = [str(home / "bin" / "spark-class"), program, "--host", HERE, "--webui-port", "0", *options]
        with (folder / f"{role.lower()}-{len(running)}.log").open("wb") as log:
            running.append(subprocess.Popen(line, env=environment, stdout=log, stderr=log))

    try:
        start("Master", "--port", str(port))
        _wait_for(port, running[0], folder)
        for number in range(WORKERS):
            start("Worker", "-c", "1", "-m", "1g", "-d", str(folder / f"work-{number}"), address)
        return subprocess.run(
            command, env=environment | {"VUELVE_TEST_SPARK": address}, check=False
        ).returncode
    finally:
        _stop(running)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        return int(taken.getsockname()[1])


def _wait_for(port: int, master: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + START_SECONDS_MAX
    while master.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection((HERE, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    sys.exit("The master does not start:\n" + (folder / "master-0.log").read_text(errors="replace"))


def _stop(running: "list[subprocess.Popen[bytes]]") -> None:
    """Workers first, and their executors with them; only what was started here."""
    for process in reversed(running):
        process.terminate()
    for process in running:
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`vuelve import csv`, a process of its own, killed again and again: nothing lost, nothing doubled, nothing half."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vuelve.events.sources.csv.tests.files import ORDERS, keys_left, logged, rejected
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop

ORDERS_IN_FILE = 10_000
KILLS = 2


def _command(path: Path, shop: Shop) -> list[str]:
    map_file = path.with_name("map.toml")
    map_file.write_text(ORDERS)
    return [
        sys.executable, "-m", "vuelve", "import", "csv", str(path), "--map", str(map_file), "--shop", shop.slug, "--json",
    ]  # fmt: skip


def _file(folder: Path) -> Path:
    path = folder / "orders.csv"
    with path.open("w") as stream:
        stream.write("id,at,email,total,sku,qty,price\n")
        for n in range(ORDERS_IN_FILE):
            stream.write(f"{n},2026-01-05 10:00:00,c{n % 997}@example.com,20.00,A,1,10.00\n,,,,B,1,10.00\n")
            if n % 100 == 50:
                stream.write(f"bad{n},never,c@example.com,20.00,A,1,10.00\n")
    return path


def _offset(shop: Shop) -> int:
    with for_shop(ShopId(shop.pk)) as cursor:
        row = cursor.execute(
            "SELECT max(offset_bytes) FROM events_import WHERE shop_id = %s", [shop.pk]
        ).fetchone()
        return int(row[0] or 0) if row else 0


@pytest.mark.slow
def test_killed_at_any_point_and_begun_again(database: str, shop: Shop, tmp_path: Path) -> None:
    path = _file(tmp_path)
    command = _command(path, shop)
    environment = {**os.environ, "DATABASE_URL": database}
    dice = random.Random(7)
    for _kill in range(KILLS):
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        before = _offset(shop)
        # Killed some moment after its first rows: starting Python takes most of its life.
        while process.poll() is None and _offset(shop) == before:
            time.sleep(0.005)
        time.sleep(dice.random() * 0.1)
        process.kill()
        _output, errors = process.communicate()
        assert process.returncode == -signal.SIGKILL, errors.decode()
    assert 0 < _offset(shop) < path.stat().st_size
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    summary = json.loads(done.stdout)
    assert summary["rows_read"] == ORDERS_IN_FILE * 2 + ORDERS_IN_FILE // 100
    assert summary["rows_refused"] == ORDERS_IN_FILE // 100
    assert summary["events_new"] == {"Order Completed": ORDERS_IN_FILE}
    assert summary["events_repeated"] == {"Order Completed": 0}
    events = logged(shop)
    assert sorted(event[1] for event in events) == sorted(f"csv:orders:{n}" for n in range(ORDERS_IN_FILE))
    assert all(len(event[3]["products"]) == 2 for event in events)
    lines = [int(line[0]) for line in rejected(path)[1:]]
    assert len(lines) == len(set(lines)) == ORDERS_IN_FILE // 100
    assert keys_left(shop) == 0

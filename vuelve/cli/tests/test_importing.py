"""`vuelve import csv`: what the command says and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from vuelve.cli.main import cli
from vuelve.events import services as events
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError
from vuelve.shops.models import Shop

ROWS = "id,at,mail,total\n1,2026-01-05,ana@example.com,10\n2,2026-01-05,nobody,10\n3,2026-01-05,bea@example.com,10\n"
MAP = 'kind = "orders"\n[columns]\norder_id = "id"\nordered_at = "at"\nemail = "mail"\ntotal = "total"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Django and the database are there already."""
    monkeypatch.setattr("vuelve.cli.environment.start_django", lambda _role: None)
    (tmp_path / "orders.csv").write_text(ROWS)
    (tmp_path / "map.toml").write_text(MAP)
    return tmp_path


def command(folder: Path, shop: Shop, *more: str) -> Result:
    arguments = [
        "import",
        "csv",
        str(folder / "orders.csv"),
        "--map",
        str(folder / "map.toml"),
        "--shop",
        shop.slug,
    ]
    return CliRunner().invoke(cli, [*arguments, *more])


def test_it_says_what_it_did_and_strict_ends_with_2(folder: Path, shop: Shop) -> None:
    dry = json.loads(command(folder, shop, "--dry-run", "--json").stdout)
    assert (dry["is_dry_run"], dry["import"], dry["rejects"]) == (True, None, None)
    assert not (folder / "orders.csv.rejects.csv").exists()
    result = command(folder, shop, "--strict")
    assert result.exit_code == 2
    assert "line 3: `nobody` is no e-mail address. (mail)" in result.stdout
    again = command(folder, shop, "--json")
    assert again.exit_code == 0
    summary = json.loads(again.stdout)
    assert (summary["rows_read"], summary["rows_refused"]) == (3, 1)
    assert (summary["events_new"], summary["events_repeated"]) == (
        {"Order Completed": 0},
        {"Order Completed": 2},
    )
    assert dry["events_new"] == {"Order Completed": 2}


def test_a_file_that_has_changed_must_be_begun_anew(
    folder: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CSV_BATCH_ROWS", 2)
    whole = events.record_staged

    def cut(*arguments: Any, **more: Any) -> int:
        monkeypatch.setattr(events, "record_staged", _broken)
        return whole(*arguments, **more)

    def _broken(*_arguments: object, **_more: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(events, "record_staged", cut)
    assert command(folder, shop).exit_code != 0
    monkeypatch.setattr(events, "record_staged", whole)
    (folder / "orders.csv").write_text(ROWS + "4,2026-01-05,eva@example.com,10\n")
    result = command(folder, shop)
    assert isinstance(result.exception, VuelveError)
    assert result.exception.code == "file_changed"
    summary = json.loads(command(folder, shop, "--restart", "--json").stdout)
    assert summary["rows_read"] == 4
    assert summary["events_new"]["Order Completed"] + summary["events_repeated"]["Order Completed"] == 3


def test_it_suggests_a_map_that_works(folder: Path, shop: Shop) -> None:
    (folder / "orders.csv").write_text("Pedido;Fecha;Correo;Total\n1;5/1/2026;ana@example.com;10,50\n")
    arguments = ["import", "csv", str(folder / "orders.csv"), "--suggest", "orders"]
    (folder / "map.toml").write_text(CliRunner().invoke(cli, arguments).stdout)
    assert json.loads(command(folder, shop, "--json").stdout)["events_new"] == {"Order Completed": 1}


def test_a_suggested_map_says_what_no_column_says(folder: Path) -> None:
    (folder / "consents.csv").write_text("Correo;Estado;Fecha\nana@example.com;sí;5/1/2026\n")
    arguments = ["import", "csv", str(folder / "consents.csv"), "--suggest", "consents"]
    suggested = CliRunner().invoke(cli, arguments).stdout
    assert (
        '[constants]\n# channel = "..."  # needed, and no column says it: email, sms, whatsapp' in suggested
    )
    assert "# time" not in suggested


@pytest.mark.parametrize("slug", ["", "nowhere"])
def test_the_shop_must_be_clear(folder: Path, shop: Shop, slug: str) -> None:
    arguments = [
        "import",
        "csv",
        str(folder / "orders.csv"),
        "--map",
        str(folder / "map.toml"),
        "--shop",
        slug,
    ]
    from vuelve.testing import make_shop

    make_shop()
    result = CliRunner().invoke(cli, arguments)
    assert isinstance(result.exception, VuelveError)
    assert result.exception.code in {"shop_unclear", "not_found"}


def test_tables_are_written_to_a_folder(folder: Path, shop: Shop) -> None:
    arguments = ["export", "--shop", shop.slug, "--to", str(folder / "out"), "--format", "parquet", "--json"]
    files = json.loads(CliRunner().invoke(cli, arguments).stdout)["files"]
    assert {"orders", "customers", "events"} <= {each["table"] for each in files}
    assert all(Path(each["path"]).stat().st_mode & 0o777 == 0o600 for each in files)

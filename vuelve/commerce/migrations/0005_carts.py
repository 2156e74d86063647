"""Carts and checkouts, and after how long without an order they count as abandoned."""

from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("commerce", "0004_catalogue")]
    operations: ClassVar = [sql_tables(__file__, "0005_carts.sql")]

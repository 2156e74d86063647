"""What reading `Order Completed` needs: digits of currencies, guarded casts, a place for what was rejected."""

from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("commerce", "0001_orders")]
    operations: ClassVar = [sql_tables(__file__, "0002_reading.sql")]

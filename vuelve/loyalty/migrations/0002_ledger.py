from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("loyalty", "0001_initial"),
        ("events", "0008_record_new"),
        ("platform", "0003_scope"),
    ]
    operations: ClassVar = [sql_tables(__file__, "0002_ledger.sql")]

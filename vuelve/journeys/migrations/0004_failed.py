from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("journeys", "0003_nodes")]
    operations: ClassVar = [sql_tables(__file__, "0004_failed.sql")]

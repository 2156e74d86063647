from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("events", "0008_record_new")]
    operations: ClassVar = [sql_tables(__file__, "0009_covering.sql")]

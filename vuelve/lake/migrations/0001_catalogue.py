from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar = [("platform", "0003_scope"), ("events", "0008_record_new")]
    operations: ClassVar = [sql_tables(__file__, "0001_catalogue.sql")]

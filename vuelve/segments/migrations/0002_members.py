from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("segments", "0001_initial"), ("customers", "0007_first_seen")]
    operations: ClassVar = [sql_tables(__file__, "0002_members.sql")]

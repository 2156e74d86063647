from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("platform", "0001_roles"), ("shops", "0001_initial")]
    operations: ClassVar = [sql_tables(__file__, "0001_log.sql")]

from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("channels", "0003_decided"), ("customers", "0007_first_seen")]
    operations: ClassVar = [sql_tables(__file__, "0004_reachable.sql")]

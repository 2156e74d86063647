from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("channels", "0002_messages")]
    operations: ClassVar = [sql_tables(__file__, "0003_decided.sql")]

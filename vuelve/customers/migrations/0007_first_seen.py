from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0006_words")]
    operations: ClassVar = [sql_tables(__file__, "0007_first_seen.sql")]

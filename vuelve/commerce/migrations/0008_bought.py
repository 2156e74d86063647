"""What was bought, by brand and article number."""

from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("commerce", "0007_without_effect")]
    operations: ClassVar = [sql_tables(__file__, "0008_bought.sql")]

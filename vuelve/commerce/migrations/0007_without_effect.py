"""Events that changed nothing, for those who read the log behind commerce."""

from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("commerce", "0006_pages")]
    operations: ClassVar = [sql_tables(__file__, "0007_without_effect.sql")]

"""The catalogue from the store itself: categories, images, prices, stock, variants."""

from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("commerce", "0003_changes")]
    operations: ClassVar = [sql_tables(__file__, "0004_catalogue.sql")]

"""What changes an order after it was placed: updates, refunds, payments, cancellations, news of its parcels."""

from typing import ClassVar

from django.db import migrations

from vuelve.platform.schema import sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("commerce", "0002_reading")]
    operations: ClassVar = [sql_tables(__file__, "0003_changes.sql")]

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from vuelve.platform.schema import row_security


class Migration(migrations.Migration):
    dependencies: ClassVar = [("shops", "0003_orders_need_secret_key")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Retention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rule", models.CharField(max_length=40)),
                ("days", models.PositiveIntegerField(null=True)),
                ("shop", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="shops.shop")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("shop", "rule"), name="shops_retention_once"),
                    models.CheckConstraint(
                        condition=models.Q(("days__isnull", True), ("days__gt", 0), _connector="OR"),
                        name="shops_retention_days",
                    ),
                ],
            },
        ),
        row_security("shops_retention"),
    ]

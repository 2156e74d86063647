from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from vuelve.platform.schema import row_security, sql_tables


class Migration(migrations.Migration):
    dependencies: ClassVar = [("shops", "0010_figures")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="shop",
            name="is_sandbox",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="Sandbox",
            fields=[
                (
                    "shop",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="shops.shop",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("empty", "Empty"),
                            ("filling", "Being filled"),
                            ("filled", "Filled"),
                            ("resetting", "Being emptied"),
                        ],
                        default="empty",
                        max_length=10,
                    ),
                ),
                ("base_at", models.DateTimeField(null=True)),
                ("events", models.PositiveIntegerField(default=0)),
                ("events_max", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["empty", "filling", "filled", "resetting"])),
                        name="shops_sandbox_state",
                    )
                ],
            },
        ),
        row_security("shops_sandbox"),
        sql_tables(__file__, "0011_sandbox.sql"),
    ]

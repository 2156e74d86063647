from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from vuelve.platform.schema import row_security


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("shops", "0004_retention"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table", models.CharField(max_length=60)),
                ("format", models.CharField(max_length=10)),
                ("since", models.DateTimeField(null=True)),
                ("until", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("gone", "Removed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("rows", models.BigIntegerField(default=0)),
                ("size_bytes", models.BigIntegerField(default=0)),
                ("token", models.CharField(max_length=40)),
                ("created_by", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("shop", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="shops.shop")),
            ],
            options={
                "indexes": [models.Index(fields=["shop", "-id"], name="shops_export_recent")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "running", "done", "failed", "gone"])),
                        name="shops_export_state",
                    )
                ],
            },
        ),
        row_security("shops_export"),
    ]

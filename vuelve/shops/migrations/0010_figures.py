from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from vuelve.platform.schema import row_security


class Migration(migrations.Migration):
    dependencies: ClassVar = [("shops", "0009_scopes")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Figure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("zone", models.CharField(max_length=60)),
                ("currency", models.CharField(max_length=3)),
                ("day", models.DateField()),
                (
                    "numbers",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("kept_at", models.DateTimeField()),
                (
                    "shop",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="shops.shop"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shop", "name", "zone", "currency", "day"), name="shops_figure_once"
                    )
                ],
            },
        ),
        row_security("shops_figure"),
    ]

from typing import ClassVar

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("shops", "0008_second_factor")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="apikey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40), null=True, size=None
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scopes__isnull", True),
                    models.Q(("kind", "secret"), ("scopes__len__gt", 0)),
                    _connector="OR",
                ),
                name="shops_apikey_scopes",
            ),
        ),
    ]

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("shops", "0007_key_use")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="shop",
            name="needs_second_factor",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]

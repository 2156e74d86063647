from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("shops", "0002_sign_in_attempts")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="shop",
            name="orders_need_secret_key",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]

"""One statement that is a transaction by itself says which shop it sees."""

from pathlib import Path
from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("platform", "0002_months")]
    operations = [
        migrations.RunSQL(
            Path(__file__).with_name("0003_scope.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]

"""Months of the log are vacuumed seldom: every one of their rows is dead once."""

from pathlib import Path
from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("platform", "0001_roles")]
    operations = [
        migrations.RunSQL(
            Path(__file__).with_name("0002_months.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]

"""Roles, the functions that row-level security asks, and partitions that a worker may make."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.RunSQL(
            Path(__file__).with_name("0001_roles.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]

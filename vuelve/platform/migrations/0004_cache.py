"""The table of Django's cache. Without a write-ahead log: what is in it may be lost in a crash."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("platform", "0003_scope")]
    operations: ClassVar = [
        migrations.RunSQL(
            "CREATE UNLOGGED TABLE platform_cache ("
            " cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);"
            "CREATE INDEX platform_cache_expires ON platform_cache (expires);",
            "DROP TABLE platform_cache",
        )
    ]

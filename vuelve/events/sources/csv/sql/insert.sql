-- Purpose: a new import. Rows: one.
INSERT INTO events_import (shop_id, kind, status, is_upload, file_name, path, size_bytes, sha256, map, created_at, created_by)
VALUES (%(shop)s, %(kind)s, %(status)s, %(is_upload)s, %(file_name)s, %(path)s, %(size)s, %(sha256)s, %(map)s, %(now)s, %(by)s)
RETURNING id

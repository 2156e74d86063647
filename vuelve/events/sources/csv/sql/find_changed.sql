-- Purpose: an import of another content at this path, begun and not done. Rows: at most one; few rows in the table.
SELECT id, line FROM events_import
WHERE shop_id = %(shop)s AND NOT is_upload AND status IN ('running', 'failed') AND path = %(path)s AND sha256 <> %(sha256)s
  AND offset_bytes > 0
ORDER BY id DESC LIMIT 1

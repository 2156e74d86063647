-- Purpose: an import of this file by this map that was begun and is not done. Rows: at most one; few rows in the table.
SELECT id FROM events_import
WHERE shop_id = %(shop)s AND NOT is_upload AND status IN ('running', 'failed') AND sha256 = %(sha256)s AND map::text = %(map)s
ORDER BY id DESC LIMIT 1

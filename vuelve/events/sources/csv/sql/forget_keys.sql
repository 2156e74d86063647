-- Purpose: empty events_import_key of a finished import, some at a time. Rows: up to %(rows)s. Index: primary key.
-- ARRAY: it is computed once. As `key IN (SELECT ... LIMIT)` it was computed anew for each row: 30 s for 10,000.
DELETE FROM events_import_key
WHERE shop_id = %(shop)s AND import_id = %(import)s AND key = ANY (ARRAY(
    SELECT key FROM events_import_key WHERE shop_id = %(shop)s AND import_id = %(import)s ORDER BY key LIMIT %(rows)s))

-- Purpose: the position and the counts after a batch. Rows: one. Index: events_import's primary key.
UPDATE events_import
SET offset_bytes = %(offset)s, line = %(line)s, rejects_bytes = %(rejects)s, counts = %(counts)s
WHERE shop_id = %(shop)s AND id = %(import)s

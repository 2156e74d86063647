-- Purpose: how far the import has come, locked: of two processes with one import the second must see what the first did.
-- Rows: one. Index: events_import's primary key.
SELECT offset_bytes FROM events_import WHERE shop_id = %(shop)s AND id = %(import)s FOR UPDATE

-- Purpose: of a shop's refused events only the newest stay.
-- Rows: as many as came since the last call, %(rows)s at most. Index: events_rejected's primary key, read backwards.
-- SKIP LOCKED: two web threads may trim the same shop at once; neither has to wait.
DELETE FROM events_rejected WHERE shop_id = %(shop)s AND id IN (
    SELECT id FROM events_rejected
    WHERE shop_id = %(shop)s AND id <= (
        SELECT id FROM events_rejected WHERE shop_id = %(shop)s ORDER BY id DESC OFFSET %(keep)s LIMIT 1)
    ORDER BY id LIMIT %(rows)s FOR UPDATE SKIP LOCKED)

-- Purpose: remove the events of pg_temp.event_forgotten, and the typed copies of their properties. Rows: a few.
-- Index: events_event_position. Their keys stay, so that the same events sent again vanish as before.
WITH gone AS (
    DELETE FROM events_event e USING pg_temp.event_forgotten f
    WHERE e.xid = f.xid AND e.seq = f.seq
    RETURNING e.shop_id, e.customer_id, e.seq
)
DELETE FROM events_property p USING gone
WHERE p.shop_id = gone.shop_id AND p.customer_id = gone.customer_id AND p.seq = gone.seq

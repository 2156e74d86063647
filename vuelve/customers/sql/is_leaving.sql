-- Purpose: whether rows of somebody else still stand under the person's ids: a profile that counts for another by now, which
-- not every package has read of. Rows: 1. Index: events_event_position, the end of the log.
SELECT EXISTS (
    SELECT FROM (
        SELECT (properties->>'from_id')::bigint AS from_id, (properties->>'into_id')::bigint AS into_id
        FROM events_event
        WHERE (xid, seq) > (%(xid)s, %(seq)s) AND shop_id = %(shop)s AND name = %(moved)s AND origin = %(ours)s
    ) m
    WHERE m.from_id = ANY (%(ids)s) AND NOT m.into_id = ANY (%(ids)s)
)

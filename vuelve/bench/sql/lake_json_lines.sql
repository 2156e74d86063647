-- Purpose: a shop's events as JSON lines, with the columns that the lake keeps. Rows: all of the shop's. No index.
-- CSV with a quote that does not occur: the lines come as they are.
COPY (
    SELECT json_strip_nulls(json_build_object(
        'seq', seq, 'xid', xid, 'customer_id', customer_id, 'kind', kind, 'origin', origin, 'historical', historical,
        'occurred_at', occurred_at, 'received_at', received_at, 'name', name, 'source', source, 'message_id', message_id,
        'user_id', user_id, 'anonymous_id', anonymous_id, 'email', email, 'phone', phone, 'properties', properties
    ))::text FROM events_event WHERE shop_id = %(shop)s ORDER BY xid, seq
) TO STDOUT (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')

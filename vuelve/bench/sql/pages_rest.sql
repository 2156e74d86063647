-- Purpose: what the debugger keeps of the log, what was refused, and the audit log. Rows: some 100,000. No index.
WITH names AS (
    SELECT name, place FROM unnest(ARRAY['Order Completed', 'Product Added', 'Checkout Started', 'Product Viewed', 'Page Viewed']) WITH ORDINALITY AS given (name, place)
), schemas AS (
    INSERT INTO events_schema (shop_id, kind, name, first_at, last_at, last_xid, last_seq, events, sampled)
    SELECT %(shop)s, 1, name, %(now)s::timestamptz - interval '1 year', %(now)s, 1, (SELECT max(seq) FROM events_event WHERE shop_id = %(shop)s), 1000000, 10000 FROM names
), hours AS (
    INSERT INTO events_schema_hour (shop_id, kind, name, hour, events)
    SELECT %(shop)s, 1, name, date_trunc('hour', %(now)s::timestamptz) - n * interval '1 hour', 100 + n %% 24 FROM names, generate_series(0, 24 * 30) AS n
), properties AS (
    INSERT INTO events_schema_property (shop_id, kind, name, property, first_at, last_at, texts)
    SELECT %(shop)s, 1, name, property, %(now)s, %(now)s, 10000 FROM names, unnest(ARRAY['order_id', 'product_id', 'total', 'currency']) AS property
), refused AS (
    INSERT INTO events_rejected (shop_id, received_at, source, code, message, bytes, excerpt)
    SELECT %(shop)s, %(now)s::timestamptz - n * interval '1 minute', 'api', 'event_name', 'An event needs a name.', 100, '{}' FROM generate_series(1, 10000) AS n
)
INSERT INTO shops_auditentry (shop_id, at, actor, action, target, detail)
SELECT %(shop)s, %(now)s::timestamptz - n * interval '5 minutes', 'ana@example.com', (ARRAY['Data Exported', 'Points Adjusted', 'Role Changed'])[1 + n %% 3], 'customer ' || n, '{}'
FROM generate_series(1, 100000) AS n

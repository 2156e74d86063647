-- Purpose: identifiers in a batch that belonged to erased people. Rows: hardly ever any.
-- Index: customers_erased's primary key, up to four probes an event of a shop that has erased somebody; other shops'
-- events are not looked at. HMAC out of two sha256(): pgcrypto is not everywhere. 10,000 events with three identifiers took
-- 180 ms on two busy cores; where nobody was erased this is not run at all.
WITH keys AS MATERIALIZED (
    SELECT * FROM unnest(%(shops)s::bigint[], %(inner)s::bytea[], %(outer)s::bytea[]) AS k (shop_id, inner_key, outer_key)
), named AS MATERIALIZED (
    SELECT b.seq, b.shop_id, n.kind,
           encode(sha256(k.outer_key || sha256(k.inner_key || convert_to(n.kind || ':' || n.value, 'UTF8'))), 'hex')
               COLLATE "C" AS hash
    FROM pg_temp.event_batch b
    JOIN keys k ON k.shop_id = b.shop_id
    CROSS JOIN LATERAL (VALUES (1, b.user_id), (2, b.email), (3, b.phone), (4, b.anonymous_id)) AS n (kind, value)
    WHERE n.value IS NOT NULL AND b.customer_id IS NULL
)
SELECT n.seq, n.kind, e.erasure_id, e.remains_id, e.erased_at, e.reopened_at
FROM named n JOIN customers_erased e ON e.shop_id = n.shop_id AND e.hash = n.hash
ORDER BY n.seq, n.kind

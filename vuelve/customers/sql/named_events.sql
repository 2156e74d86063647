-- Purpose: what the events say that name erased people, and whether their strongest identifier is a living customer's.
-- Rows: hardly ever any. Index: customers_identifier's primary key.
SELECT b.xid, b.seq, b.shop_id, b.name, b.occurred_at, b.historical, b.properties::text, b.user_id, b.email, b.phone,
       b.anonymous_id, i.customer_id IS NOT NULL AS is_known
FROM (
    SELECT *, CASE WHEN user_id IS NOT NULL THEN 1 WHEN email IS NOT NULL THEN 2 WHEN phone IS NOT NULL THEN 3 ELSE 4 END AS top
    FROM pg_temp.event_batch WHERE seq = ANY (%(seqs)s)
) b
LEFT JOIN customers_identifier i ON i.shop_id = b.shop_id AND i.kind = b.top
    AND i.value = CASE b.top WHEN 1 THEN b.user_id WHEN 2 THEN b.email WHEN 3 THEN b.phone ELSE b.anonymous_id END
ORDER BY b.seq

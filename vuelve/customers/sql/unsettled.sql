-- Purpose: the combinations of identifiers in a batch that may change who is who; all others need no thought.
-- Rows: in a steady state a few of 10,000 (newcomers, identify calls); all of them when everybody is new.
-- Index: customers_identifier's primary key, up to four probes a combination.
-- Settled: the strongest identifier is known, and each weaker one that counts belongs to the same customer by a claim
-- that is at least as good. One row a combination, its earliest: later ones could only claim the same, later.
WITH named AS (
    SELECT shop_id, user_id, email, phone,
           CASE WHEN kind = %(identify)s OR coalesce(user_id, email, phone) IS NULL THEN anonymous_id END AS anonymous_id,
           kind = %(identify)s AS is_identify, occurred_at, message_id
    FROM pg_temp.event_batch
    WHERE customer_id IS NULL AND coalesce(user_id, email, phone, anonymous_id) IS NOT NULL
), earliest AS MATERIALIZED (
    SELECT DISTINCT ON (shop_id, user_id, email, phone, anonymous_id, is_identify)
           *, CASE WHEN user_id IS NOT NULL THEN 1 WHEN email IS NOT NULL THEN 2 WHEN phone IS NOT NULL THEN 3 ELSE 4 END AS top
    FROM named
    ORDER BY shop_id, user_id, email, phone, anonymous_id, is_identify, occurred_at, message_id
)
SELECT n.shop_id, n.user_id, n.email, n.phone, n.anonymous_id, n.is_identify, n.occurred_at, n.message_id
FROM earliest n
LEFT JOIN customers_identifier u ON u.shop_id = n.shop_id AND u.kind = 1 AND u.value = n.user_id
LEFT JOIN customers_identifier e ON e.shop_id = n.shop_id AND e.kind = 2 AND e.value = n.email
LEFT JOIN customers_identifier p ON p.shop_id = n.shop_id AND p.kind = 3 AND p.value = n.phone
LEFT JOIN customers_identifier a ON a.shop_id = n.shop_id AND a.kind = 4 AND a.value = n.anonymous_id
CROSS JOIN LATERAL (
    SELECT CASE n.top WHEN 1 THEN u.customer_id WHEN 2 THEN e.customer_id WHEN 3 THEN p.customer_id ELSE a.customer_id END
) AS holder (id)
WHERE NOT coalesce(
    holder.id IS NOT NULL
    AND (n.top >= 2 OR n.email IS NULL OR (e.customer_id = holder.id AND NOT (
        n.is_identify AND (n.top * 2 - 1, n.occurred_at, n.message_id) < (e.claim_rank, e.claimed_at, e.claimed_by))))
    AND (n.top >= 3 OR n.phone IS NULL OR (p.customer_id = holder.id AND NOT (
        n.is_identify AND (n.top * 2 - 1, n.occurred_at, n.message_id) < (p.claim_rank, p.claimed_at, p.claimed_by))))
    AND (n.top >= 4 OR n.anonymous_id IS NULL OR (a.customer_id = holder.id AND NOT (
        n.is_identify AND (n.top * 2 - 1, n.occurred_at, n.message_id) < (a.claim_rank, a.claimed_at, a.claimed_by)))),
    false)

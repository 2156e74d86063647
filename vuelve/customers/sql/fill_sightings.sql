-- Purpose: the combinations of identifiers in a batch that may change who is who; all others need no thought.
-- Rows: in a steady state a few of 10,000 (newcomers, identify calls); all of them when everybody is new.
-- Index: customers_identifier's primary key once, customers_claim's up to three times a combination.
-- Settled: the strongest identifier has its node, and of each weaker one that counts that claim is known, from no later.
-- An identify call's claim on it makes another event's needless: see find_owners. One row a combination, its earliest.
-- Only identify and alias calls claim anonymous ids: they may outlive a user's session on a shared browser.
WITH named AS (
    SELECT shop_id, user_id, email, phone, kind IN (%(identify)s, %(alias)s) AS is_identify,
           CASE WHEN kind IN (%(identify)s, %(alias)s) OR coalesce(user_id, email, phone) IS NULL THEN anonymous_id END AS anonymous_id,
           occurred_at, message_id
    FROM pg_temp.event_batch
    WHERE customer_id IS NULL AND coalesce(user_id, email, phone, anonymous_id) IS NOT NULL
), earliest AS MATERIALIZED (
    SELECT DISTINCT ON (shop_id, user_id, email, phone, anonymous_id, is_identify) *,
           (CASE WHEN user_id IS NOT NULL THEN 1 WHEN email IS NOT NULL THEN 2 WHEN phone IS NOT NULL THEN 3 ELSE 4 END)::smallint AS top,
           coalesce(user_id, email, phone, anonymous_id) AS top_value
    FROM named
    ORDER BY shop_id, user_id, email, phone, anonymous_id, is_identify, occurred_at, message_id
)
INSERT INTO pg_temp.customers_sighting (shop_id, kind, value, email, phone, anonymous_id, is_identify, seen_at, message_id)
SELECT n.shop_id, n.top, n.top_value, CASE WHEN n.top < 2 THEN n.email END, CASE WHEN n.top < 3 THEN n.phone END,
       CASE WHEN n.top < 4 THEN n.anonymous_id END, n.is_identify, n.occurred_at, n.message_id
FROM earliest n
LEFT JOIN customers_identifier t ON t.shop_id = n.shop_id AND t.kind = n.top AND t.value = n.top_value
WHERE t.node_id IS NULL
   OR (n.top < 2 AND n.email IS NOT NULL AND NOT EXISTS (
        SELECT FROM customers_claim c
        WHERE c.shop_id = n.shop_id AND c.kind = 2 AND c.value = n.email AND c.by_id = t.node_id
          AND (c.claim_rank = n.top * 2 - 1 AND NOT n.is_identify
               OR c.claim_rank = n.top * 2 - n.is_identify::int AND (c.claimed_at, c.claimed_by) <= (n.occurred_at, n.message_id))))
   OR (n.top < 3 AND n.phone IS NOT NULL AND NOT EXISTS (
        SELECT FROM customers_claim c
        WHERE c.shop_id = n.shop_id AND c.kind = 3 AND c.value = n.phone AND c.by_id = t.node_id
          AND (c.claim_rank = n.top * 2 - 1 AND NOT n.is_identify
               OR c.claim_rank = n.top * 2 - n.is_identify::int AND (c.claimed_at, c.claimed_by) <= (n.occurred_at, n.message_id))))
   OR (n.top < 4 AND n.anonymous_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM customers_claim c
        WHERE c.shop_id = n.shop_id AND c.kind = 4 AND c.value = n.anonymous_id AND c.by_id = t.node_id
          AND c.claim_rank = n.top * 2 - 1 AND (c.claimed_at, c.claimed_by) <= (n.occurred_at, n.message_id)))

-- Purpose: what holds now, worked out from all decisions: the same whatever the order of their arrival.
-- Rows: one a customer, channel and purpose decided on. Index: customers_consent_change's primary key,
-- customers_alias_canonical.
-- The newest decision by (decided_at, message_id) holds, with one exception. What identify calls state (source
-- 'traits') comes from a store's copy that may know of no opt-out: it never undoes a revocation made otherwise.
WITH newest AS (
    SELECT DISTINCT ON (d.shop_id, d.customer_id, d.channel, d.purpose, c.source = %(stated)s)
           d.*, c.is_granted, c.decided_at, c.message_id, c.source, c.wording, c.source = %(stated)s AS is_stated
    FROM (SELECT DISTINCT * FROM pg_temp.customers_decided) d
    CROSS JOIN LATERAL (
        SELECT d.customer_id AS node_id
        UNION ALL
        SELECT customer_id FROM customers_alias WHERE shop_id = d.shop_id AND canonical_id = d.customer_id
        OFFSET 0
    ) n
    CROSS JOIN LATERAL (
        SELECT is_granted, decided_at, message_id, source, wording FROM customers_consent_change
        WHERE shop_id = d.shop_id AND customer_id = n.node_id AND channel = d.channel AND purpose = d.purpose
        OFFSET 0
    ) c
    ORDER BY d.shop_id, d.customer_id, d.channel, d.purpose, c.source = %(stated)s, c.decided_at DESC, c.message_id DESC,
             c.is_granted
), holding AS (
    SELECT DISTINCT ON (shop_id, customer_id, channel, purpose) *
    FROM newest
    ORDER BY shop_id, customer_id, channel, purpose,
             (NOT is_stated AND NOT is_granted) DESC, decided_at DESC, message_id DESC, is_granted
)
INSERT INTO customers_consent AS kept (shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id, source, wording)
SELECT shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id, source, wording
FROM holding
ORDER BY shop_id, customer_id, channel, purpose
ON CONFLICT (shop_id, customer_id, channel, purpose) DO UPDATE
SET is_granted = excluded.is_granted, decided_at = excluded.decided_at, message_id = excluded.message_id,
    source = excluded.source, wording = excluded.wording
WHERE (kept.message_id, kept.is_granted, kept.source, kept.decided_at, kept.wording)
      IS DISTINCT FROM (excluded.message_id, excluded.is_granted, excluded.source, excluded.decided_at, excluded.wording)

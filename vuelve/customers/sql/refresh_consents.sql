-- Purpose: what holds now, worked out from all decisions: the same whatever the order of their arrival.
-- Rows: one a customer, channel and purpose decided on. Index: customers_consent_change's primary key.
-- The newest decision by (decided_at, message_id) holds, with one exception. What identify calls state (source
-- 'traits') comes from a store's copy that may know of no opt-out: it never undoes a revocation made otherwise.
WITH newest AS (
    SELECT DISTINCT ON (c.shop_id, c.customer_id, c.channel, c.purpose, c.source = %(stated)s)
           c.*, c.source = %(stated)s AS is_stated
    FROM (SELECT DISTINCT * FROM pg_temp.customers_decided) d
    JOIN customers_consent_change c
      ON c.shop_id = d.shop_id AND c.customer_id = d.customer_id AND c.channel = d.channel AND c.purpose = d.purpose
    ORDER BY c.shop_id, c.customer_id, c.channel, c.purpose, c.source = %(stated)s, c.decided_at DESC, c.message_id DESC
), holding AS (
    SELECT DISTINCT ON (shop_id, customer_id, channel, purpose) *
    FROM newest
    ORDER BY shop_id, customer_id, channel, purpose,
             (NOT is_stated AND NOT is_granted) DESC, decided_at DESC, message_id DESC
)
INSERT INTO customers_consent AS kept (shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id, source, wording)
SELECT shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id, source, wording
FROM holding
ORDER BY shop_id, customer_id, channel, purpose
ON CONFLICT (shop_id, customer_id, channel, purpose) DO UPDATE
SET is_granted = excluded.is_granted, decided_at = excluded.decided_at, message_id = excluded.message_id,
    source = excluded.source, wording = excluded.wording
WHERE kept.message_id <> excluded.message_id OR kept.is_granted <> excluded.is_granted OR kept.source <> excluded.source

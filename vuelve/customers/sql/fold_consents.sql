-- Purpose: decisions of merged customers count for those they were merged into; what holds is then worked out anew
-- from all of them (refresh_consents), so that no revocation is lost. Rows: a few a merge. Index: the primary keys.
WITH forgotten AS (
    DELETE FROM customers_consent c USING pg_temp.customers_merging m
    WHERE c.shop_id = m.shop_id AND c.customer_id = m.from_id
), moved AS (
    DELETE FROM customers_consent_change c USING pg_temp.customers_merging m
    WHERE c.shop_id = m.shop_id AND c.customer_id = m.from_id
    RETURNING m.into_id, c.*
), added AS (
    INSERT INTO customers_consent_change (shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id,
                                          source, wording)
    SELECT shop_id, into_id, channel, purpose, is_granted, decided_at, message_id, source, wording FROM moved
    ON CONFLICT DO NOTHING
)
INSERT INTO pg_temp.customers_decided (shop_id, customer_id, channel, purpose)
SELECT DISTINCT shop_id, into_id, channel, purpose FROM moved

-- Purpose: keep every decision under its node, once. Rows: up to a batch. Index: customers_consent_change's primary key.
INSERT INTO customers_consent_change (shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id, source, wording)
SELECT shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id, source, wording
FROM pg_temp.customers_decision
ORDER BY shop_id, customer_id, channel, purpose, message_id
ON CONFLICT DO NOTHING

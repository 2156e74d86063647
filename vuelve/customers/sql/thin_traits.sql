-- Purpose: keep the history of traits short: of a value that was said many times over the first and the last time,
-- and of each trait the newest %(kept)s. Rows: a few a sampled trait. Index: customers_trait_change's primary key.
-- One identify call in eight thins what it sets: stores send all traits with every page, and reading the history of
-- each of them each time would cost more than it saves.
WITH sampled AS MATERIALIZED (
    SELECT DISTINCT b.shop_id, s.customer_id, t.name
    FROM pg_temp.customers_said t
    JOIN pg_temp.event_batch b ON b.seq = t.seq
    JOIN pg_temp.event_stamp s ON s.seq = t.seq
    WHERE hashtext(b.message_id) & 7 = 0
), told AS (
    SELECT c.*, coalesce(lag(same.value) OVER newest = same.value AND lead(same.value) OVER newest = same.value, false) AS is_between
    FROM sampled d
    CROSS JOIN LATERAL (
        SELECT * FROM customers_trait_change
        WHERE shop_id = d.shop_id AND customer_id = d.customer_id AND name = d.name
        OFFSET 0
    ) c
    CROSS JOIN LATERAL (
        SELECT coalesce('t' || c.text_value, 'n' || c.number_value, 'b' || c.boolean_value, 'd' || c.time_value, '') AS value
    ) same
    WINDOW newest AS (PARTITION BY c.shop_id, c.customer_id, c.name ORDER BY c.set_at DESC, c.message_id DESC, c.source DESC)
), placed AS (
    SELECT *, row_number() OVER (
        PARTITION BY shop_id, customer_id, name, is_between ORDER BY set_at DESC, message_id DESC, source DESC) AS place
    FROM told
)
DELETE FROM customers_trait_change c
USING placed t
WHERE (t.is_between OR t.place > %(kept)s)
  AND c.shop_id = t.shop_id AND c.customer_id = t.customer_id AND c.name = t.name AND c.set_at = t.set_at
  AND c.message_id = t.message_id AND c.source = t.source

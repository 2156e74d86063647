-- Purpose: what holds for customers who gained or lost a node: of each trait the newest that any of their nodes was told.
-- Rows: tens a move. Index: customers_alias_canonical, the primary keys of customers_trait and customers_trait_change.
WITH moved AS MATERIALIZED (
    SELECT shop_id, from_id AS customer_id FROM pg_temp.customers_moving UNION SELECT shop_id, into_id FROM pg_temp.customers_moving
), nodes AS MATERIALIZED (
    SELECT m.shop_id, m.customer_id, m.customer_id AS node_id FROM moved m
    WHERE NOT EXISTS (SELECT FROM customers_alias a WHERE a.shop_id = m.shop_id AND a.customer_id = m.customer_id)
    UNION ALL
    SELECT m.shop_id, m.customer_id, a.customer_id FROM moved m
    CROSS JOIN LATERAL (
        SELECT customer_id FROM customers_alias WHERE shop_id = m.shop_id AND canonical_id = m.customer_id
        OFFSET 0
    ) a
), newest AS (
    SELECT DISTINCT ON (n.shop_id, n.customer_id, c.name) n.shop_id, n.customer_id AS holder_id, c.*
    FROM nodes n
    CROSS JOIN LATERAL (
        SELECT name, text_value, text_key, number_value, boolean_value, time_value, set_at, message_id, source
        FROM customers_trait_change WHERE shop_id = n.shop_id AND customer_id = n.node_id
        OFFSET 0
    ) c
    ORDER BY n.shop_id, n.customer_id, c.name, c.set_at DESC, c.message_id DESC, c.source DESC
), gone AS (
    DELETE FROM customers_trait t USING moved m
    WHERE t.shop_id = m.shop_id AND t.customer_id = m.customer_id
      AND NOT EXISTS (SELECT FROM newest n WHERE n.shop_id = t.shop_id AND n.holder_id = t.customer_id AND n.name = t.name)
)
INSERT INTO customers_trait (shop_id, customer_id, name, text_value, text_key, number_value, boolean_value, time_value,
                             set_at, message_id, source)
SELECT shop_id, holder_id, name, text_value, text_key, number_value, boolean_value, time_value, set_at, message_id, source
FROM newest
ORDER BY shop_id, holder_id, name
ON CONFLICT (shop_id, customer_id, name) DO UPDATE
SET text_value = excluded.text_value, text_key = excluded.text_key, number_value = excluded.number_value,
    boolean_value = excluded.boolean_value, time_value = excluded.time_value, set_at = excluded.set_at,
    message_id = excluded.message_id, source = excluded.source

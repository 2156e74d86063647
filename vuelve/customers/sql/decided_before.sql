-- Purpose: the time of a customer's newest decision on one consent, and what the decision of a key was, if there is one.
-- Rows: 1. Index: customers_alias_canonical, customers_consent_change's primary key.
SELECT max(c.decided_at), bool_or(c.is_granted) FILTER (WHERE c.message_id = %(key)s)
FROM (
    SELECT %(customer)s::bigint AS node_id
    UNION ALL
    SELECT customer_id FROM customers_alias WHERE shop_id = %(shop)s AND canonical_id = %(customer)s
) n
JOIN customers_consent_change c ON c.shop_id = %(shop)s AND c.customer_id = n.node_id
    AND c.channel = %(channel)s AND c.purpose = %(purpose)s

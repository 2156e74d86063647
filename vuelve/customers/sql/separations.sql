-- Purpose: links that staff took back, of a customer's nodes and identifiers. Rows: a few.
-- Index: customers_veto's primary key by the shop: vetoes are made by hand.
SELECT v.kind, v.value, v.by_id, v.vetoed_at, v.member, m.kind AS owner_kind, m.value AS owner_value, i.customer_id
FROM customers_veto v
LEFT JOIN customers_identifier m ON m.shop_id = v.shop_id AND m.node_id = v.by_id
LEFT JOIN customers_identifier i ON i.shop_id = v.shop_id AND i.kind = v.kind AND i.value = v.value
WHERE v.shop_id = %(shop)s AND (m.customer_id = %(customer)s OR i.customer_id = %(customer)s)
ORDER BY v.vetoed_at DESC, v.kind, v.value
LIMIT %(rows)s

-- Purpose: which of some events are about orders that erasures have left behind, and under which id. Rows: a few.
-- Index: commerce_order_key's primary key; erasures are few.
SELECT w.seq, k.customer_id
FROM unnest(%(shops)s::bigint[], %(seqs)s::bigint[], %(orders)s::text[]) AS w (shop_id, seq, order_id)
JOIN commerce_order_key k ON k.shop_id = w.shop_id AND k.order_id = w.order_id
JOIN customers_erasure r ON r.shop_id = k.shop_id AND r.remains_id = k.customer_id

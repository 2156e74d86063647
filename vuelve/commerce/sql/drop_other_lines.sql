-- Purpose: forget the lines that are not to be written, and those that orders had before.
-- Rows: few. Index: commerce_item's primary key.
WITH others AS (
    DELETE FROM pg_temp.commerce_line_in l USING pg_temp.commerce_order_in h WHERE h.seq = l.seq AND NOT h.is_content
)
DELETE FROM commerce_item i USING pg_temp.commerce_order_in h
WHERE h.is_content AND NOT h.is_new
  AND i.shop_id = h.shop_id AND i.customer_id = h.customer_id AND i.order_id = h.order_id

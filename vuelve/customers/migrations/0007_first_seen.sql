-- Who was new on a day: the overview counts the day that is not over, and the same part of an earlier one.
CREATE INDEX customers_customer_first ON customers_customer (shop_id, first_seen_at);

-- Purpose: customers by the country that their traits and their profile agree on, with the rest of what identify said.
-- Rows: one a country.
SELECT t.text_value, count(*)
FROM customers_customer c
JOIN customers_trait t ON t.shop_id = c.shop_id AND t.customer_id = c.id AND t.name = 'country'
JOIN customers_trait p ON p.shop_id = c.shop_id AND p.customer_id = c.id AND p.name = 'plan'
WHERE c.shop_id = %(shop)s AND c.country = t.text_value AND c.email = c.user_id || '@example.com'
  AND p.text_value = CASE WHEN substr(c.user_id, 2)::bigint %% 3 = 1 THEN 'pro' ELSE 'free' END
GROUP BY t.text_value

-- Whom marketing may reach, by channel: an address, a yes, and no suppression. With the rights of who asks, so that row-level
-- security holds. Conditions and the lake read it.
CREATE VIEW channels_reachable WITH (security_invoker = true) AS
SELECT c.shop_id, c.id AS customer_id, 'email'::text AS channel
FROM customers_customer c
JOIN customers_consent k ON k.shop_id = c.shop_id AND k.customer_id = c.id AND k.channel = 'email' AND k.purpose = 'marketing' AND k.is_granted
WHERE c.email IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM channels_suppression s WHERE s.shop_id = c.shop_id AND s.channel = 'email' AND s.address = lower(c.email));

-- Purpose: withhold what the customer has not agreed to on this channel. Rows: a batch. Index: customers_consent's key.
-- Marketing needs its own opt-in. A survey counts as marketing where the customer has not decided on surveys alone;
-- loyalty needs an opt-in to the channel, whichever purpose it was given for, unless loyalty itself was refused.
UPDATE pg_temp.gate_batch b SET verdict = 'withheld', reason = %(reason)s
WHERE b.verdict IS NULL AND b.purpose <> 'transactional'
  AND NOT coalesce((
      SELECT coalesce(
          bool_or(k.is_granted) FILTER (WHERE k.purpose = b.purpose),
          bool_or(k.is_granted) FILTER (WHERE b.purpose = 'survey' AND k.purpose = 'marketing'),
          bool_or(k.is_granted) FILTER (WHERE b.purpose = 'loyalty'))
      FROM customers_consent k
      WHERE k.shop_id = b.shop_id AND k.customer_id = b.owner_id AND k.channel = b.channel), false)

-- Purpose: one redemption, or points taken by hand. Rows: one. Index: primary keys of the ledger.
SELECT o_outcome, o_seq, o_points, o_balance
FROM loyalty_spend(vuelve_scope(%(shop)s::bigint), %(customer)s::bigint, %(unit)s::text, %(kind)s::smallint, %(points)s::bigint, %(key)s::text,
                   %(order)s::text, %(reference)s::text, %(note)s::text, %(actor)s::text, %(event)s::text, %(now)s::timestamptz)

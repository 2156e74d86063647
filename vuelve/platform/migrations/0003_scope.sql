-- For one statement that is a transaction by itself: sets which shop it sees, and returns it, so that as an argument it is
-- evaluated before the function that needs it.
CREATE FUNCTION vuelve_scope(shop bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('vuelve.shop_id', shop::text, true), set_config('vuelve.shop_ids', '{' || shop || '}', true);
    RETURN shop;
END $$;

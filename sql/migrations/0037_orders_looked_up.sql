-- What a manager's list of orders is read by: of each department, the newest first.
CREATE INDEX ON orders (department_id, order_id);

-- Whether an order is one that somebody looks for; null: any. Written out in the query that uses it, so that indexes serve.
CREATE FUNCTION is_sought(o orders, of_state text, of_product bigint, of_claims bigint[], by_channel text, before bigint,
                          since timestamptz, until timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT (of_state IS NULL OR o.state = of_state) AND (of_product IS NULL OR o.product_id = of_product)
       AND (of_claims IS NULL OR o.claim_id = ANY (of_claims)) AND (by_channel IS NULL OR o.channel = by_channel)
       AND (before IS NULL OR o.order_id < before)
       AND (since IS NULL OR o.placed_at >= since) AND (until IS NULL OR o.placed_at < until)
$$;

-- Whoever shows orders as they come is told when to look. Commits that tell wait for each other's disk, so of those that
-- come at the same time one tells: whoever listens looks for a moment longer than that.
CREATE FUNCTION tell_of_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_try_advisory_xact_lock(7340034, 1) THEN
        NOTIFY ccore_orders;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT OR UPDATE OF state ON orders FOR EACH STATEMENT EXECUTE FUNCTION tell_of_orders();

-- A password that an admin has made and told: good until then, and only to choose one of their own with. Null: their own.
ALTER TABLE people ADD COLUMN told_until timestamptz;
CREATE OR REPLACE VIEW people_let_in AS
SELECT p.* FROM people p
WHERE p.active AND NOT EXISTS (SELECT FROM employees e WHERE e.number = p.employee AND e.left_at <= clock_timestamp());

-- Departments, those who sell, and their teams (ccore/marketing/staff.py, teams.py).

-- name: turn
-- Nobody else takes a list in until the end of the transaction.
WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended('the list of staff', 0)) IS NULL AS mine) SELECT mine FROM turn;

-- name: there
-- Those of the numbers $1 (in small letters).
SELECT e.employee_id, e.number, e.name, e.phone, path.path AS department, e.kind, e.joined_at, e.left_at, e.language,
       ARRAY(SELECT n.number FROM employee_numbers n WHERE n.employee_id = e.employee_id AND n.kind = 'own' ORDER BY 1) AS others,
       ARRAY(SELECT n.number FROM employee_numbers n WHERE n.employee_id = e.employee_id AND n.kind = 'family' ORDER BY 1) AS family
FROM employees e JOIN department_paths path USING (department_id)
WHERE lower(e.number) = ANY ($1::text[]);

-- name: phones
-- Those of the telephones $1 that somebody has who has not left, beside the numbers $2 (in small letters).
SELECT phone FROM employees WHERE phone = ANY ($1::text[]) AND left_at IS NULL AND lower(number) <> ALL ($2::text[]);

-- name: departments
-- Every department, by its path, with how many who have not left by $1 are in it, and in it and below; $2: in or below it
-- alone (null: all).
SELECT path.department_id, path.path, path.ids,
       (SELECT count(*) FROM employees e WHERE e.department_id = path.department_id AND coalesce(e.left_at > $1, true)) AS people
FROM department_paths path
WHERE $2::bigint IS NULL OR $2 = ANY (path.ids)
ORDER BY path.path;

-- name: add_department
-- Department $1 in $2 (null: at the top): its number, whether it was there or not.
WITH added AS (
    INSERT INTO departments (name, parent_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING department_id
)
SELECT department_id FROM added
UNION ALL SELECT department_id FROM departments WHERE name = $1 AND parent_id IS NOT DISTINCT FROM $2
LIMIT 1;

-- name: put
-- The people $1 (an array of objects), new or as they are now, says $2: the number of each one's row.
WITH put AS (
    INSERT INTO employees AS e (number, name, phone, department_id, kind, joined_at, left_at, language)
    SELECT number, name, phone, department_id, kind, joined_at, left_at, language
    FROM jsonb_to_recordset($1) AS p (number text, name text, phone text, department_id bigint, kind text,
                                      joined_at timestamptz, left_at timestamptz, language text)
    ON CONFLICT (number) DO UPDATE
    SET name = excluded.name, phone = excluded.phone, department_id = excluded.department_id, kind = excluded.kind,
        joined_at = excluded.joined_at, left_at = excluded.left_at, language = excluded.language
    RETURNING employee_id, number
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, CASE WHEN p.new THEN 'employee-added' ELSE 'employee-changed' END, 'employee:' || p.number, p.detail
    FROM jsonb_to_recordset($1) AS p (number text, new boolean, detail jsonb)
)
SELECT employee_id, number FROM put;

-- name: next_friend
-- The next number for somebody of a seller's family or friends.
SELECT 'F' || lpad(next::text, greatest(4, length(next::text)), '0')
FROM (SELECT coalesce(max(substr(number, 2)::bigint), 0) + 1 AS next FROM employees WHERE number ~ '^F[0-9]{1,12}$') AS numbers;

-- name: forget_numbers
-- The further numbers of the people $1, of kind $2.
DELETE FROM employee_numbers WHERE employee_id = ANY ($1::bigint[]) AND kind = $2;

-- name: add_numbers
-- Further numbers: person and number side by side in $1 and $2, all of kind $3. Of one that is both, the first counts.
INSERT INTO employee_numbers (employee_id, number, kind)
SELECT person, number, $3 FROM unnest($1::bigint[], $2::text[]) AS n (person, number)
ON CONFLICT DO NOTHING;

-- name: turns
-- Nobody claims for the people $1 until the end of the transaction.
WITH turns AS MATERIALIZED (
    SELECT holder_turn(person, NULL, NULL) IS NULL AS mine FROM (SELECT person FROM unnest($1::bigint[]) person ORDER BY person) AS each
)
SELECT count(mine) FROM turns;

-- name: end_claims
-- The claims of the people $1, who have left, end when they do, or at $2 if that was before; says $3. How many.
WITH over AS (
    UPDATE claims c
    SET valid = tstzrange(lower(c.valid), greatest(e.left_at, $2, lower(c.valid) + interval '1 us')), ended_by = $3
    FROM employees e
    WHERE e.employee_id = c.employee_id AND e.employee_id = ANY ($1::bigint[]) AND e.left_at IS NOT NULL
      AND coalesce(upper(c.valid) > greatest(e.left_at, $2, lower(c.valid) + interval '1 us'), true)
    RETURNING c.claim_id, upper(c.valid) AS at
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, 'claim-ended', 'claim:' || claim_id, jsonb_build_object('at', at, 'why', 'left') FROM over
)
SELECT count(*) FROM over;

-- name: sold
-- The products on sale, by their codes.
SELECT product_id, code FROM products WHERE state = 'on-sale';

-- name: take_code
-- Person $1 holds code $3 of product $2 from $4 on, says $5, if it is free ($6 after it was given back), and they do not
-- hold the product: `same` if it was theirs already. No row comes back if it is somebody else's.
WITH theirs AS (
    SELECT claim_id, true AS same FROM claims
    WHERE product_id = $2 AND employee_id = $1 AND code = $3 AND coalesce(upper(valid) > $4, true)
), made AS (
    INSERT INTO claims (product_id, code, employee_id, valid, made_by)
    SELECT $2, $3, $1, tstzrange($4, NULL), $5
    WHERE NOT EXISTS (SELECT FROM claims WHERE product_id = $2 AND employee_id = $1 AND coalesce(upper(valid) > $4, true))
      AND NOT EXISTS (SELECT FROM claims WHERE product_id = $2 AND code = $3 AND coalesce(upper(valid) + $6::interval > $4, true))
    RETURNING claim_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $5, 'claim-made', 'claim:' || claim_id, jsonb_build_object('code', $3::text, 'employee', $1::bigint) FROM made
)
SELECT claim_id, same FROM theirs UNION ALL SELECT claim_id, false FROM made;

-- name: employees
-- $1 people with a number after $2, by number: in or below department $3 (null: in any), with $4 in number, name or phone
-- (null: any); $5: also those who had left by $6.
SELECT e.employee_id, e.number, e.name, e.phone, path.path AS department, e.kind, e.joined_at, e.left_at, e.language,
       (SELECT count(*) FROM claims c WHERE c.employee_id = e.employee_id AND c.valid @> $6::timestamptz) AS claims,
       EXISTS (SELECT FROM people p WHERE p.employee = e.number AND p.active) AS signs_in
FROM employees e JOIN department_paths path USING (department_id)
WHERE ($2::text IS NULL OR e.number > $2) AND ($3::bigint IS NULL OR $3 = ANY (path.ids))
  AND ($4::text IS NULL OR e.number = $4 OR strpos(e.name, $4) > 0 OR strpos(e.phone, $4) > 0)
  AND ($5::boolean OR coalesce(e.left_at > $6, true))
ORDER BY e.number LIMIT $1;

-- name: leave
-- The person of number $1 leaves at $2, says $3: their row; no row comes back if there is nobody, or they have left.
WITH gone AS (
    UPDATE employees SET left_at = $2 WHERE number = $1 AND coalesce(left_at > $2, true) RETURNING employee_id, number
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, 'employee-left', 'employee:' || number, jsonb_build_object('at', $2::timestamptz) FROM gone
)
SELECT employee_id FROM gone;

-- name: teams_of
-- The teams that person $1 has a share of at $2, or later.
SELECT DISTINCT t.team_id, t.name FROM team_shares s JOIN team_versions v USING (version_id) JOIN teams t USING (team_id)
WHERE s.employee_id = $1 AND coalesce(upper(v.valid) > $2, true) AND t.ended_at IS NULL ORDER BY t.name;

-- name: strangers
-- Of the people of the numbers $1, those who have not left and cannot sign in.
SELECT e.number, e.name FROM employees e
WHERE e.number = ANY ($1::text[]) AND e.left_at IS NULL AND NOT EXISTS (SELECT FROM people p WHERE p.employee = e.number AND p.active)
ORDER BY e.number;

-- name: of_number
-- The row of the person with employee number $1, and their department with those above it.
SELECT e.employee_id, e.left_at, path.ids AS departments FROM employees e JOIN department_paths path USING (department_id)
WHERE e.number = $1;

-- name: teams
-- Every team $1 (null: all) led in or below department $2 (null: any), with its shares at $3 and those that follow.
SELECT t.team_id, t.name, l.number AS leader, l.name AS leader_name, t.ended_at, path.ids AS departments,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('starts', lower(v.valid), 'ends', upper(v.valid), 'set_by', v.set_by, 'shares',
            (SELECT jsonb_agg(jsonb_build_object('employee', e.number, 'name', e.name, 'kind', e.kind, 'basis_points', s.basis_points,
                                                 'left', coalesce(e.left_at <= $3, false)) ORDER BY s.basis_points DESC, e.number)
             FROM team_shares s JOIN employees e USING (employee_id) WHERE s.version_id = v.version_id))
            ORDER BY lower(v.valid)), '[]')
        FROM team_versions v WHERE v.team_id = t.team_id AND coalesce(upper(v.valid) > $3, true)) AS versions
FROM teams t JOIN employees l ON l.employee_id = t.leader_id JOIN department_paths path ON path.department_id = l.department_id
WHERE ($1::bigint IS NULL OR t.team_id = $1) AND ($2::bigint IS NULL OR $2 = ANY (path.ids))
ORDER BY t.name;

-- name: team_called
-- The number of the team that is called $1.
SELECT team_id FROM teams WHERE name = $1;

-- name: add_team
-- Team $1 led by the person with number $2; no row comes back if there is nobody, or the name is taken.
INSERT INTO teams (name, leader_id) SELECT $1, employee_id FROM employees WHERE number = $2 AND left_at IS NULL
ON CONFLICT DO NOTHING RETURNING team_id;

-- name: lock_team
-- Team $1, which nobody else changes, with when its last version begins.
SELECT t.team_id, t.ended_at, (SELECT max(lower(v.valid)) FROM team_versions v WHERE v.team_id = t.team_id) AS last_from
FROM teams t WHERE t.team_id = $1 FOR UPDATE;

-- name: lead
-- The person with number $2 leads team $1; no row comes back if there is nobody.
UPDATE teams SET leader_id = e.employee_id FROM employees e WHERE team_id = $1 AND e.number = $2 AND e.left_at IS NULL RETURNING team_id;

-- name: end_version
-- The last version of team $1 ends at $2.
UPDATE team_versions SET valid = tstzrange(lower(valid), $2) WHERE team_id = $1 AND upper_inf(valid) AND lower(valid) < $2;

-- name: add_version
-- From $2 on, team $1 has the shares $4 (basis points) of the people with the numbers $3, says $5: how many of them there are.
WITH made AS (
    INSERT INTO team_versions (team_id, valid, set_by) VALUES ($1, tstzrange($2, NULL), $5) RETURNING version_id
), shared AS (
    INSERT INTO team_shares (version_id, employee_id, basis_points)
    SELECT version_id, e.employee_id, s.points
    FROM made, unnest($3::text[], $4::integer[]) AS s (number, points) JOIN employees e ON e.number = s.number
    WHERE coalesce(e.left_at > $2, true)
    RETURNING employee_id
)
SELECT count(*) FROM shared;

-- name: end_team
-- Team $1 ends at $2, with its claims, says $3: how many those were.
WITH ended AS (
    UPDATE teams SET ended_at = $2 WHERE team_id = $1 RETURNING team_id
), last AS (
    UPDATE team_versions SET valid = tstzrange(lower(valid), $2) WHERE team_id = $1 AND upper_inf(valid) AND lower(valid) < $2
), over AS (
    UPDATE claims SET valid = tstzrange(lower(valid), greatest($2, lower(valid) + interval '1 us')), ended_by = $3
    WHERE team_id = $1 AND coalesce(upper(valid) > greatest($2, lower(valid) + interval '1 us'), true)
    RETURNING claim_id
)
SELECT count(*) FROM over;

-- A small firm to try ccore with (ccore/ordering/demo.py). Every statement adds only what is not there.

-- name: departments
-- Three departments.
INSERT INTO departments (name)
VALUES ('市场部 Marketing'), ('客服部 Customer service'), ('政企部 Business customers')
ON CONFLICT DO NOTHING;

-- name: employees
-- E001 to E100 sell; E101 has left.
INSERT INTO employees (number, name, phone, department_id, left_at)
SELECT 'E' || to_char(n, 'FM000'),
       (ARRAY['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴'])[1 + n % 10]
           || (ARRAY['伟', '芳', '娜', '敏', '静', '磊', '洋', '艳', '勇', '杰', '娟'])[1 + n % 11],
       '+86137' || to_char(n, 'FM00000000'),
       (SELECT department_id FROM departments ORDER BY department_id OFFSET n % 3 LIMIT 1),
       CASE WHEN n = 101 THEN timestamptz '2020-07-01 00:00+08' END
FROM generate_series(1, 101) AS n
ON CONFLICT DO NOTHING;

-- name: products
-- 10 for everybody, 11 with a share as commission, 12 for mobiles only, 19 not on sale any more.
INSERT INTO products (code, name_zh, name_en, price_fen, lines, sale, state)
VALUES ('10', '5GB流量包', '5 GB data pack', 1000, 'any', '[2020-01-01 00:00+08,)', 'on-sale'),
       ('11', '视频会员月卡', 'Video membership, one month', 1990, 'any', '[2020-01-01 00:00+08,)', 'on-sale'),
       ('12', '5G畅享套餐', '5G plan', 12900, 'mobile', '[2020-01-01 00:00+08,)', 'on-sale'),
       ('19', '春节亲情包', 'Spring Festival pack', 880, 'any', '[2020-01-01 00:00+08,2020-03-01 00:00+08)', 'on-sale')
ON CONFLICT DO NOTHING;

-- name: rules
-- What each of them earns.
INSERT INTO commission_rules (product_id, version, valid, kind, fen, basis_points, made_by)
SELECT product_id, 1, '[2020-01-01 00:00+08,)', kind, fen, basis_points, 'demo'
FROM (VALUES ('10', 'flat', 200, NULL), ('11', 'percent', NULL, 1250), ('12', 'percent', NULL, 500), ('19', 'flat', 100, NULL))
    AS r (code, kind, fen, basis_points) JOIN products USING (code)
ON CONFLICT DO NOTHING;

-- name: claims
-- Product 10: 001 to 100 are held by E001 to E100, 900 is over, 901 was held by E101. Products 11, 12, 19: 001 to 010.
INSERT INTO claims (product_id, code, employee_id, valid)
SELECT p.product_id, c.code, e.employee_id, c.valid
FROM (
    SELECT '10' AS product, to_char(n, 'FM000') AS code, 'E' || to_char(n, 'FM000') AS employee,
           tstzrange('2020-01-01 00:00+08', NULL) AS valid
    FROM generate_series(1, 100) AS n
    UNION ALL
    SELECT product, to_char(n, 'FM000'), 'E' || to_char(n, 'FM000'), tstzrange('2020-01-01 00:00+08', NULL)
    FROM unnest(ARRAY['11', '12', '19']) AS product, generate_series(1, 10) AS n
    UNION ALL
    VALUES ('10', '900', 'E001', tstzrange('2019-01-01 00:00+08', '2019-04-01 00:00+08')),
           ('10', '901', 'E101', tstzrange('2020-01-01 00:00+08', NULL))
) AS c
JOIN products p ON p.code = c.product
JOIN employees e ON e.number = c.employee
ON CONFLICT DO NOTHING;

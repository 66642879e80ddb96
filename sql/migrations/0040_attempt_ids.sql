-- Asterisk compares the names it is given for channels by their beginnings: it refuses attempt-5 while attempt-51 lives.
-- So the names of attempts have one length: seven digits last for nine million, and by the eighth none of those lives.
ALTER TABLE attempts ALTER COLUMN attempt_id SET START WITH 1000000;
SELECT setval('attempts_attempt_id_seq', greatest(nextval('attempts_attempt_id_seq'), 1000000), false);

-- Calls are looked for by the number they came from, or were made to, whatever its form: without these three months of a
-- million calls are read for it, which takes seconds.
CREATE INDEX folded_calls_caller ON folded_calls (digits_of(caller), started_at);
CREATE INDEX attempts_by_digits ON attempts (digits_of(number));

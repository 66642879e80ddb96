-- What an alarm says in English; "" where an older ccore raised it, which kept the Chinese alone.
ALTER TABLE alerts ADD text_en text NOT NULL DEFAULT '';

-- How much a failed rule matters and what it says of the values, beside what became of them.
--
-- `effect` took the place of `severity`, which said only whether values failed. `severity` is 0 low, 1 medium, 2 high: a
-- number, so that the gravest of a group is its maximum. Exceptions found earlier are medium and of no known direction
-- until their day runs again.
ALTER TABLE exception RENAME COLUMN severity TO effect;
UPDATE exception SET effect =
    CASE WHEN effect = 'warn' THEN 'questionable' WHEN state = 'open' AND routed = 0 THEN 'estimated' ELSE 'blocked' END;
ALTER TABLE exception ADD COLUMN severity BIGINT NOT NULL DEFAULT 1;
ALTER TABLE exception ADD COLUMN direction TEXT NOT NULL DEFAULT 'other';

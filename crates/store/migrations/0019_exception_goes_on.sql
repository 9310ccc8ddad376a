-- Where a failure goes on: the local day after its own, where it reaches the end of that, of 23, 24 or 25 hours; else null.
--
-- Of exceptions found earlier it is not known: none goes on until its day runs again.
ALTER TABLE exception ADD COLUMN goes_on TEXT COLLATE "binary";
CREATE INDEX exception_goes_on ON exception (channel, rule, goes_on) WHERE goes_on IS NOT NULL;

-- For which time of which channels values of another interval length wait as an item of quarantine. `validated` is 1 once
-- validation knows of the wait; a wait that is over is forgotten as soon as it knows that too.
--
-- Of items that waited before it is not known: a replay notes it.
CREATE TABLE interval_wait (
    batch     TEXT NOT NULL,
    item      BIGINT NOT NULL,
    channel   BIGINT NOT NULL,
    begins    BIGINT NOT NULL,
    ends      BIGINT NOT NULL,
    validated BIGINT NOT NULL,
    PRIMARY KEY (batch, item)
);

-- What is known of the clocks of head-ends and of how their feeds stand.

-- What was seen of a feed lately; written over.
CREATE TABLE head_end_feed (
    head_end TEXT COLLATE "binary" PRIMARY KEY,
    seen     TEXT NOT NULL,
    kept_at  BIGINT NOT NULL
);

-- By how much stamps of events are corrected, from a stamp on by the clock that is corrected. Rows never change.
CREATE TABLE clock_correction (
    head_end     TEXT COLLATE "binary" NOT NULL,
    stamps_from  BIGINT NOT NULL,
    milliseconds BIGINT NOT NULL,
    decided_at   BIGINT NOT NULL,
    PRIMARY KEY (head_end, stamps_from)
);

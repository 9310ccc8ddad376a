-- How often everything that Amity leans on was looked at on each day of UTC, and how it was.
CREATE TABLE dependency_day (
    day              TEXT NOT NULL,
    kind             TEXT NOT NULL,
    name             TEXT COLLATE "binary" NOT NULL,
    looks            BIGINT NOT NULL,
    up               BIGINT NOT NULL,
    stale            BIGINT NOT NULL,
    down             BIGINT NOT NULL,
    timed            BIGINT NOT NULL,
    milliseconds     BIGINT NOT NULL,
    milliseconds_max BIGINT NOT NULL,
    PRIMARY KEY (day, kind, name)
);

-- What rules and methods may know beside readings: one value of a kind for a subject (a meter, a usage point or a
-- channel), from its instant until the next one; an empty value ends what was known.
CREATE TABLE fact (
    subject    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    value      TEXT NOT NULL,
    PRIMARY KEY (subject, kind, valid_from)
);

-- The holidays of calendars; dates as ISO 8601 text.
CREATE TABLE holiday (
    calendar TEXT NOT NULL,
    date     TEXT NOT NULL,
    PRIMARY KEY (calendar, date)
);

-- Mean temperatures of local days at weather stations.
CREATE TABLE temperature (
    station        TEXT NOT NULL,
    date           TEXT NOT NULL,
    tenths_celsius BIGINT NOT NULL,
    PRIMARY KEY (station, date)
);

-- Everything that was told of requests for determinants, as a feed that deliveries follow. Rows never change.

INSERT INTO counter (name, value) VALUES ('determinant_message', 0);

-- `number` is given in the commit that tells; `issue` is what it tells, null where a request ended without values.
CREATE TABLE determinant_message (
    number  BIGINT PRIMARY KEY,
    request TEXT COLLATE "binary" NOT NULL REFERENCES determinant_request (id),
    issue   BIGINT
);

-- How far each subscriber has been told of determinants; null: it is told what comes once deliveries run.
ALTER TABLE delivery ADD COLUMN determinants BIGINT;

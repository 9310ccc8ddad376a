-- What came from a source lately is asked by every board.
CREATE INDEX batch_by_source ON batch (source, received_at);

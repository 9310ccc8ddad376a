//! Master data (model helper fills this).

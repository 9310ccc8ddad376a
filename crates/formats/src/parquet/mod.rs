//! Parquet skeleton.

//! Readers and writers of every format, on real files and on cases made by hand.

mod cim;
mod cmep;
mod collect;
mod csv;
mod detect;
mod determinant;
mod events_json;
mod fuzz_smoke;
mod green_button;
mod nem12;
mod nem12_missing;
mod nem12_through_cim;
mod parquet;
mod routes;
mod shape;
mod soap;
mod xml;

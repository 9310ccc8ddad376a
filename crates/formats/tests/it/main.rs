//! Readers and writers of every format, on real files and on cases made by hand.

mod cim;
mod collect;
mod green_button;
mod nem12;

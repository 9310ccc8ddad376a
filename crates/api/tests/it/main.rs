//! The interface against real books in temporary folders.

mod assumed_time;
mod collection;
mod determinants;
mod determinants_xml;
mod exchange;
mod fixture;
mod guard;
mod interface;
mod orders;
mod plans;
mod quarantine;
mod readings;
mod review;
mod work;

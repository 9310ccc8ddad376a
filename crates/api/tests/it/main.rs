//! The interface against real books in temporary folders.

mod assumed_time;
mod board;
mod collection;
mod dependencies;
mod determinants;
mod determinants_xml;
mod events;
mod exchange;
mod feeds;
mod fixture;
mod guard;
mod hook;
mod interface;
mod orders;
mod plans;
mod quarantine;
mod readings;
mod review;
mod soap;
mod work;

//! AEMO meter data file format: NEM12 (interval data) and NEM13 (accumulated data), read and write.
//!
//! Every stamp is market time, UTC+10 all year. The reader takes several 100-900 blocks one after
//! the other, as senders and zip tools join them.
//!
//! - [`reader`]: the order of the records and what each says.
//! - [`day`]: the 300 record with its 400 records.
//! - [`row`]: the values of a 300 record, the hot path.
//! - [`stream`]: the 200 record and what an NMISuffix measures.
//! - [`accumulated`]: the 250 record.
//! - [`market_time`]: reading and writing stamps at UTC+10.
//! - [`nmi`]: the check digit of a national metering identifier.
//! - [`writer`]: NEM12 from the model.

pub mod nmi;

mod accumulated;
mod day;
mod market_time;
mod reader;
mod row;
mod stream;
mod writer;

pub use reader::NemReader;
pub use writer::{WriteError, Writer};

//! Which channel-days a command is about: some channels or all, from a day to a day.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use ingest::judged_days::judged_days;
use ingest::stored_days::{StoredDays, stored_reads};
use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use store::registry::directory::Directory;

use crate::installation::Installation;
use crate::output::{self, Failure};

/// Local days of the channels.
#[derive(Debug, Args)]
pub struct Days {
    /// First local day, such as 2026-01-31; where not given, the first one stored.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// First local day after; where not given, all that are stored, and the silence after them.
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
}

/// The days of each channel, by channel.
pub type OfChannel = BTreeMap<ChannelNumber, BTreeSet<Date>>;

impl Days {
    /// The days of the named channels, or of all where none is named: those stored, and those of which nothing had arrived by
    /// `now` although something may be expected.
    ///
    /// # Errors
    /// [`Failure::Usage`] for a channel that is not there, and where the days end before they begin.
    pub fn of(
        &self,
        installation: &Installation,
        directory: &Directory,
        channels: &[String],
        now: Timestamp,
    ) -> Result<OfChannel, Failure> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && to <= from
        {
            return Err(Failure::Usage(format!("--to {to} is not after --from {from}")));
        }
        let wanted = named(installation, directory, channels)?;
        let is_wanted = |channel| wanted.is_empty() || wanted.contains(&channel);
        let book = &installation.books.readings;
        let StoredDays { days, damage } = judged_days(book, directory, (self.from, self.to), now, is_wanted)
            .map_err(|error| Failure::work("could not read", error))?;
        if !damage.is_empty() {
            output::say(&format!("{} parts of stored days are damaged and left out; see `amity doctor`", damage.len()));
        }
        let mut of_channel = OfChannel::new();
        for (channel, date) in days {
            of_channel.entry(channel).or_default().insert(date);
        }
        Ok(of_channel)
    }

    /// The UTC dates with reads of the named register channels, or of all where none is named.
    ///
    /// # Errors
    /// As [`Days::of`].
    pub fn of_reads(
        &self,
        installation: &Installation,
        directory: &Directory,
        channels: &[String],
    ) -> Result<BTreeSet<(ChannelNumber, Date)>, Failure> {
        let wanted = named(installation, directory, channels)?;
        let registers = directory.channels().filter(|channel| channel.interval_seconds.is_none());
        let registers = registers.filter(|channel| wanted.is_empty() || wanted.contains(&channel.number));
        let registers: Vec<ChannelNumber> = registers.map(|channel| channel.number).collect();
        stored_reads(&installation.books.readings, (self.from, self.to), &registers)
            .map_err(|error| Failure::work("could not read", error))
    }
}

/// The numbers of named channels.
fn named(
    installation: &Installation,
    directory: &Directory,
    channels: &[String],
) -> Result<BTreeSet<ChannelNumber>, Failure> {
    let mut wanted = BTreeSet::new();
    for channel in channels {
        let found = directory.by_label(channel).map(|channel| channel.number);
        let ask = || installation.ask(installation.books.registry.channels().find(channel));
        wanted.insert(found.map_or_else(|| ask().map(|channel| channel.number), Ok)?);
    }
    Ok(wanted)
}

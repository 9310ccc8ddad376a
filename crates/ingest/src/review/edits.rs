//! The values of a request as slots of channel-days.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::id::ChannelNumber;
use model::master::Channel;
use model::quantity::Decimal;
use model::review::{Edit, Refusal};
use store::registry::review::DecidedDay;

use super::words::Clock;
use super::{Review, ReviewError};

/// Values of one request: a year of quarter-hours of one channel and more.
const VALUES_MAX: usize = 40_000;

/// New values of a channel-day by slot.
pub(super) struct EditedDay {
    pub(super) channel: Channel,
    pub(super) date: Date,
    pub(super) values: BTreeMap<u16, i64>,
}

impl Review {
    /// The channel-days of edits, in order.
    pub(super) fn edited_days(&self, edits: &[Edit]) -> Result<Vec<EditedDay>, ReviewError> {
        let count: usize = edits.iter().map(|edit| edit.values.len()).sum();
        if count == 0 || VALUES_MAX < count {
            return Err(invalid(format!("expected 1 to {VALUES_MAX} values, found {count}")).into());
        }
        let directory = self.directory()?;
        let mut days: BTreeMap<(ChannelNumber, Date), EditedDay> = BTreeMap::new();
        for edit in edits {
            let channel = self.channel(&directory, &edit.channel)?;
            let registers = || invalid(format!("channel `{}` has register reads, not intervals", channel.label));
            let clock = Clock::of(&channel).ok_or_else(registers)?;
            for edited in &edit.values {
                let inside = || invalid(format!("no interval of `{}` begins at {}", channel.label, edited.start));
                let (day, slot) = clock.slot(edited.start).ok_or_else(inside)?;
                let quanta = quanta(&edited.value, &channel)?;
                let days = days.entry((channel.number, day.date)).or_insert_with(|| EditedDay {
                    channel: channel.clone(),
                    date: day.date,
                    values: BTreeMap::new(),
                });
                if days.values.insert(slot, quanta).is_some() {
                    return Err(invalid(format!("`{}` has two values at {}", channel.label, edited.start)).into());
                }
            }
        }
        Ok(days.into_values().collect())
    }

    /// The decisions that write these values, one for each run of slots.
    pub(super) fn written(&self, days: &[EditedDay]) -> Result<Vec<DecidedDay>, ReviewError> {
        let mut decisions: Vec<DecidedDay> = Vec::new();
        for day in days {
            let raw = self.raw_values(day.channel.number, day.date)?;
            if raw.is_empty() {
                let label = &day.channel.label;
                return Err(
                    invalid(format!("nothing arrived of `{label}` on {}; there is no day to edit", day.date)).into()
                );
            }
            for (slot, value) in &day.values {
                let basis = basis(&raw, *slot, slot.saturating_add(1));
                let place = (day.channel.number, day.date, *slot);
                match decisions.last_mut().filter(|last| (last.channel, last.date, last.end) == place) {
                    Some(last) => {
                        last.end += 1;
                        last.basis.extend(basis);
                        last.new_values.get_or_insert_default().push(*value);
                    }
                    None => decisions.push(DecidedDay {
                        channel: day.channel.number,
                        date: day.date,
                        first: *slot,
                        end: slot + 1,
                        basis,
                        new_values: Some(vec![*value]),
                    }),
                }
            }
        }
        Ok(decisions)
    }
}

/// The raw values of slots that a decision is made on.
pub(super) fn basis(raw: &[i64], from: u16, to: u16) -> Vec<Option<i64>> {
    let known = |slot: u16| raw.get(usize::from(slot)).copied().filter(|value| *value != store::readings::NO_VALUE);
    (from..to).map(known).collect()
}

fn quanta(text: &str, channel: &Channel) -> Result<i64, Refusal> {
    let wrong = |why: &dyn std::fmt::Display| {
        let smallest = Decimal::new(1, channel.quantum);
        invalid(format!("`{text}` is no value of `{}` in {} to {smallest}: {why}", channel.label, channel.unit))
    };
    let decimal: Decimal = text.parse().map_err(|error| wrong(&error))?;
    decimal.rescaled(channel.quantum).map_err(|error| wrong(&error))
}

fn invalid(detail: String) -> Refusal {
    Refusal::Invalid { field: "edits", detail }
}

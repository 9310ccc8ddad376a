//! What follows from how reports are grouped: which are new events, which join one that is there, which events become one.

use std::collections::{BTreeMap, HashSet};

use model::event::report::Report;

use super::Grouping;
use super::like::Known;

/// Which event a new report belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// One that is there.
    Known(u64),
    /// A new one, named by the place of its first new report.
    Fresh(usize),
    /// None: its source told the same before.
    Repeated,
}

/// The report that an event has its time and words of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// The number of a stored one.
    Known(i64),
    /// The place of a new one.
    New(usize),
}

/// What becomes of new reports and of the events they touch.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// For each new report.
    pub(super) homes: Vec<Home>,
    /// Events that turned out to be another one, with the one that stays.
    pub(super) merged: Vec<(u64, u64)>,
    /// Events that have another lead than before, in order, new ones left out.
    pub(super) leads: Vec<(u64, Lead)>,
    /// The leads of new events by the place of their first report.
    pub(super) fresh: BTreeMap<usize, usize>,
}

/// Reports that are one event.
#[derive(Default)]
struct Group<'r> {
    stored: BTreeMap<u64, (i64, &'r Report)>,
    new: Vec<usize>,
}

pub(super) fn settle(known: &[Known], new: &[&Report], grouping: &dyn Grouping) -> Settled {
    let mut reports: Vec<Report> = known.iter().map(|known| known.report.clone()).collect();
    reports.extend(new.iter().map(|report| (*report).clone()));
    let mut seen: HashSet<&Report> = known.iter().map(|known| &known.report).collect();
    let mut groups: BTreeMap<usize, Group<'_>> = BTreeMap::new();
    let mut settled = Settled { homes: vec![Home::Repeated; new.len()], ..Settled::default() };
    for (place, first) in grouping.groups(&reports).into_iter().enumerate() {
        let group = groups.entry(first).or_default();
        match place.checked_sub(known.len()) {
            None => {
                let known = &known[place];
                group.stored.insert(known.sequence, (known.lead, &known.lead_report));
            }
            Some(place) if is_told_first(new[place], &mut seen) => group.new.push(place),
            Some(_) => {}
        }
    }
    groups.into_values().for_each(|group| settled.add(group, new));
    settled
}

/// One without time and identity may be told twice by two events, and is never taken for the same.
fn is_told_first<'r>(report: &'r Report, seen: &mut HashSet<&'r Report>) -> bool {
    let is_found_again = report.occurred_at.is_some() || !report.source_id.is_empty();
    !is_found_again || seen.insert(report)
}

impl Settled {
    fn add(&mut self, group: Group<'_>, new: &[&Report]) {
        let Some((stays, (lead, _))) = group.stored.first_key_value() else {
            let Some(first) = group.new.first() else { return };
            let lead =
                group.new.iter().copied().reduce(|lead, place| if new[place].leads(new[lead]) { place } else { lead });
            self.fresh.insert(*first, lead.unwrap_or(*first));
            group.new.iter().for_each(|place| self.homes[*place] = Home::Fresh(*first));
            return;
        };
        group.new.iter().for_each(|place| self.homes[*place] = Home::Known(*stays));
        self.merged.extend(group.stored.keys().skip(1).map(|other| (*other, *stays)));
        let stored = group.stored.values().map(|(number, report)| (Lead::Known(*number), *report));
        let added = group.new.iter().map(|place| (Lead::New(*place), new[*place]));
        let leading = stored.chain(added).reduce(|lead, other| if other.1.leads(lead.1) { other } else { lead });
        self.leads
            .extend(leading.map(|(leading, _)| (*stays, leading)).filter(|(_, found)| *found != Lead::Known(*lead)));
    }
}

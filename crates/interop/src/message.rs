//! Which changes make the next message: pure, and the same whenever it is asked again.
//!
//! A message holds changes of one batch and one kind up to fixed limits, so it depends on nothing but the place in
//! the feed where it begins. A message that is built again after a restart has the same end and the same id.

use model::quality::assumed_time::AssumedTime;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use store::readings::{Change, ChangeKind, Cursor, Subject};
use store::registry::subscription::SubscriptionId;
use uuid::Uuid;

/// Changes in one message.
pub const CHANGES_MAX: usize = 500;
/// Interval values in one message, more where a single change has more: as XML below 1 MB, the limit that common web
/// servers have unless told otherwise.
pub const VALUES_MAX: usize = 3_000;

/// What a subscriber wants to be told; the default is every reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// What messages are about. Empty: readings alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nouns: Vec<Noun>,
    /// Labels of channels; one that ends with `*` means every label that begins so. Empty: every channel.
    pub channels: Vec<SmolStr>,
    /// Stages of readings. Empty: every stage.
    pub stages: Vec<Stage>,
    /// What is told of final values of assumed meter time.
    #[serde(skip_serializing_if = "AssumedTime::is_usual")]
    pub assumed_time: AssumedTime,
}

/// What messages are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Noun {
    /// Readings, received and final; the other parts of a [`Filter`] restrict these.
    MeterReading,
    /// Billing determinants: what becomes of requests for them.
    BillingDeterminant,
}

/// Which state of a reading is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// As received.
    Received,
    /// As validation decided.
    Final,
}

impl Stage {
    /// The stage that a change is of; `None` where nothing that is told changed.
    pub fn of(subject: Subject) -> Option<Self> {
        match subject {
            Subject::Intervals | Subject::Registers => Some(Self::Received),
            Subject::Final | Subject::FinalReads => Some(Self::Final),
            Subject::Versions => None,
        }
    }
}

impl Filter {
    /// Whether its parts fit together: received values are told as they came, so a treatment of assumed meter time needs
    /// a subscriber of final values alone.
    pub fn is_consistent(&self) -> bool {
        self.assumed_time.is_usual() || self.stages == [Stage::Final]
    }

    /// Whether a subscriber wants messages about a noun.
    pub fn tells(&self, noun: Noun) -> bool {
        if self.nouns.is_empty() { noun == Noun::MeterReading } else { self.nouns.contains(&noun) }
    }

    /// Whether a subscriber wants readings of a channel in a stage.
    pub fn wants(&self, label: &str, stage: Stage) -> bool {
        let fits = |pattern: &SmolStr| match pattern.strip_suffix('*') {
            Some(prefix) => label.starts_with(prefix),
            None => label == pattern,
        };
        (self.channels.is_empty() || self.channels.iter().any(fits))
            && (self.stages.is_empty() || self.stages.contains(&stage))
    }
}

/// A stretch of the feed that makes one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins: the end of the one before.
    pub from: Cursor,
    /// Where it ends.
    pub to: Cursor,
    /// Whether its readings are new or replace others.
    pub kind: ChangeKind,
    /// Its changes, in the order of the feed.
    pub changes: Vec<Change>,
}

impl Stretch {
    /// The first stretch of what follows `from` in the feed; `None` where nothing follows.
    ///
    /// `feed` begins after `from` and has [`CHANGES_MAX`] changes or all there are.
    pub fn first(from: Cursor, feed: &[Change]) -> Option<Self> {
        let first = feed.first()?;
        let mut values = 0;
        let alike = feed.iter().take(CHANGES_MAX).take_while(|change| {
            values += usize::from(change.end.saturating_sub(change.first)).max(1);
            let fits = values <= VALUES_MAX || change.cursor == first.cursor;
            fits && change.kind == first.kind && change.cursor.sequence == first.cursor.sequence
        });
        let changes: Vec<Change> = alike.copied().collect();
        let to = changes.last()?.cursor;
        Some(Self { from, to, kind: first.kind, changes })
    }

    /// The id of the message for a subscriber: `webhook-id` and MessageID, the same in every attempt.
    pub fn message_id(&self, subscription: SubscriptionId) -> Uuid {
        Uuid::new_v5(&subscription.0, format!("{}-{}", self.from, self.to).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use model::id::ChannelNumber;

    use super::*;

    /// One change a word: `<sequence><C or X><values>`; C created, X changed.
    fn feed(text: &str) -> Vec<Change> {
        let mut seen = 0;
        let mut before = 0;
        let change = |word: &str| {
            let at = word.find(['C', 'X']).expect("a kind");
            let sequence: u64 = word[..at].parse().expect("a sequence");
            seen = if sequence == before { seen + 1 } else { 1 };
            before = sequence;
            Change {
                cursor: Cursor { sequence, seen },
                channel: ChannelNumber(seen),
                date: date(2024, 5, 1),
                first: 0,
                end: word[at + 1..].parse().expect("values"),
                subject: Subject::Intervals,
                kind: if word[at..].starts_with('C') { ChangeKind::Created } else { ChangeKind::Changed },
            }
        };
        text.split_whitespace().map(change).collect()
    }

    /// How many changes each message takes.
    #[track_caller]
    fn check(text: &str, expected: &[usize]) {
        let feed = feed(text);
        let (mut from, mut rest, mut sizes) = (Cursor::default(), &feed[..], Vec::new());
        while let Some(stretch) = Stretch::first(from, rest) {
            assert_eq!(stretch.changes, rest[..stretch.changes.len()]);
            assert_eq!(stretch.from, from);
            from = stretch.to;
            rest = &rest[stretch.changes.len()..];
            sizes.push(stretch.changes.len());
        }
        assert_eq!(sizes, expected, "{text}");
    }

    #[test]
    fn messages_end_with_the_batch_the_kind_or_the_limit() {
        check("", &[]);
        check("1C96 1C96 1C96", &[3]);
        check("1C96 2C96 2C96", &[1, 2]);
        check("1C96 1X4 1C96 1C1", &[1, 1, 2]);
        check("1C1500 1C1500 1C1 1C5000 1C1", &[2, 1, 1, 1]);
        check(&"1C0 ".repeat(CHANGES_MAX + 1), &[CHANGES_MAX, 1]);
    }

    #[test]
    fn the_id_depends_on_subscriber_and_place_only() {
        let feed = feed("1C96 1C96");
        let ids = [SubscriptionId(Uuid::from_u128(1)), SubscriptionId(Uuid::from_u128(2))];
        let stretch = |from| Stretch::first(from, &feed).expect("changes");
        let id = stretch(Cursor::default()).message_id(ids[0]);
        assert_eq!(id, stretch(Cursor::default()).message_id(ids[0]));
        assert_ne!(id, stretch(Cursor::default()).message_id(ids[1]));
        assert_ne!(id, stretch(Cursor { sequence: 0, seen: 1 }).message_id(ids[0]));
    }

    #[test]
    fn filters_choose_channels_and_stages() {
        let check = |channels: &[&str], stages: &[Stage], label, stage, expected| {
            let filter = Filter {
                channels: channels.iter().map(SmolStr::new).collect(),
                stages: stages.to_vec(),
                ..Filter::default()
            };
            assert_eq!(filter.wants(label, stage), expected, "{filter:?} {label}");
        };
        check(&[], &[], "P1/E1", Stage::Final, true);
        check(&["P1/E1"], &[], "P1/E1", Stage::Received, true);
        check(&["P1/E1"], &[], "P1/E12", Stage::Received, false);
        check(&["P2/*", "P1/*"], &[], "P1/E12", Stage::Received, true);
        check(&[], &[Stage::Final], "P1/E1", Stage::Received, false);
    }
}

//! The feed of changes: what became current, and of which values an older version came, in the order of the log.
//!
//! Each applied batch leaves the stretches of slots that it created or changed. The newest are in memory; when
//! days are sealed, the feed up to then goes to a file of its own, before the log lets go of the batches. So
//! the feed has no gap, and a reader that comes back with its [`Cursor`] gets everything after it, as long as
//! the feed is kept.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;
use model::id::ChannelNumber;
use smol_str::SmolStr;

use super::day::DayNumber;
use super::feed_file::FeedEntry;

/// A place in the feed: everything up to and including it was seen. The default is before everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cursor {
    /// The batch.
    pub sequence: u64,
    /// How many changes of that batch were seen.
    pub seen: u32,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.sequence, self.seen)
    }
}

/// The text is not a cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a cursor such as 1204.17, found `{0}`")]
pub struct InvalidCursor(pub SmolStr);

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let parsed = text
            .split_once('.')
            .and_then(|(sequence, seen)| Some(Self { sequence: sequence.parse().ok()?, seen: seen.parse().ok()? }));
        parsed.ok_or_else(|| InvalidCursor(text.into()))
    }
}

/// What kind of data changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// Interval values.
    Intervals,
    /// Register reads with a moment on the UTC date; slots say nothing.
    Registers,
    /// What validation decided for the day; slots say nothing.
    Final,
    /// What validation decided for the register reads with a moment on the UTC date; slots say nothing.
    FinalReads,
    /// Versions of interval values that rank below those that are current, which stay.
    Versions,
}

/// Whether there was a value before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// There was none.
    Created,
    /// Another one was current.
    Changed,
}

/// Slots of one channel-day that have new current values, or new versions below them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The place after this change.
    pub cursor: Cursor,
    /// The channel.
    pub channel: ChannelNumber,
    /// The local day; of registers the UTC date of the read.
    pub date: Date,
    /// First slot.
    pub first: u16,
    /// One past the last slot.
    pub end: u16,
    /// What kind of data.
    pub subject: Subject,
    /// Whether there was a value before.
    pub kind: ChangeKind,
}

/// The same change of consecutive channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) channel: u32,
    pub(super) channels: u32,
    pub(super) day: DayNumber,
    pub(super) first: u16,
    pub(super) end: u16,
    pub(super) subject: Subject,
    pub(super) kind: ChangeKind,
}

/// The changes of one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BatchChanges {
    pub(super) sequence: u64,
    pub(super) spans: Vec<Span>,
}

impl BatchChanges {
    /// Adds the change of one channel.
    pub(super) fn push(&mut self, span: Span) {
        if let Some(last) = self.spans.last_mut() {
            let next = Span { channel: last.channel.wrapping_add(last.channels), channels: 1, ..*last };
            if next == span {
                last.channels += 1;
                return;
            }
            // A register channel with several reads of a day tells it once.
            let same = Span { channel: span.channel, channels: 1, ..*last };
            if same == span && last.channel + last.channels - 1 == span.channel && span.subject != Subject::Intervals {
                return;
            }
        }
        self.spans.push(span);
    }

    /// Adds the changes after the cursor until `limit` is reached.
    pub(super) fn after(&self, cursor: Cursor, limit: usize, out: &mut Vec<Change>) {
        let skip = if cursor.sequence == self.sequence { cursor.seen } else { 0 };
        let mut seen = 0;
        for span in &self.spans {
            if seen + span.channels <= skip {
                seen += span.channels;
                continue;
            }
            // A day that was stored has a date.
            let date = span.day.date().unwrap_or(Date::MIN);
            for channel in span.channel..span.channel + span.channels {
                seen += 1;
                if seen <= skip {
                    continue;
                }
                if limit <= out.len() {
                    return;
                }
                out.push(Change {
                    cursor: Cursor { sequence: self.sequence, seen },
                    channel: ChannelNumber(channel),
                    date,
                    first: span.first,
                    end: span.end,
                    subject: span.subject,
                    kind: span.kind,
                });
            }
        }
    }
}

/// The part of the feed that is in memory.
#[derive(Debug, Default)]
pub(super) struct Feed {
    /// Batches up to this sequence are in files.
    pub(super) filed_through: u64,
    /// Batches up to this sequence are not kept any more.
    pub(super) dropped_through: u64,
    /// The files, oldest first.
    pub(super) files: Vec<Arc<FeedEntry>>,
    recent: VecDeque<BatchChanges>,
    recent_spans: usize,
}

impl Feed {
    /// Adds a batch; one that is in a file already is left out.
    pub(super) fn push(&mut self, mut changes: BatchChanges) {
        if self.filed_through < changes.sequence && !changes.spans.is_empty() {
            changes.spans.shrink_to_fit();
            self.recent_spans += changes.spans.len();
            self.recent.push_back(changes);
        }
    }

    /// Changes after the cursor.
    pub(super) fn after(&self, cursor: Cursor, limit: usize, out: &mut Vec<Change>) {
        let from = self.recent.partition_point(|batch| batch.sequence < cursor.sequence);
        for batch in self.recent.range(from..) {
            if limit <= out.len() {
                break;
            }
            batch.after(cursor, limit, out);
        }
    }

    /// The batches up to a sequence, to be filed.
    pub(super) fn through(&self, sequence: u64) -> Vec<BatchChanges> {
        self.recent.iter().take_while(|batch| batch.sequence <= sequence).cloned().collect()
    }

    /// Forgets what is in files now.
    pub(super) fn filed(&mut self, through: u64, files: &[FeedEntry], dropped_through: u64) {
        self.filed_through = through;
        self.dropped_through = dropped_through;
        self.files = files.iter().cloned().map(Arc::new).collect();
        let done = self.recent.partition_point(|batch| batch.sequence <= through);
        self.recent.drain(..done);
        self.recent_spans = self.recent.iter().map(|batch| batch.spans.len()).sum();
    }

    /// The first file that may have changes after a cursor.
    pub(super) fn file_after(&self, cursor: Cursor) -> Option<Arc<FeedEntry>> {
        self.files.iter().find(|file| cursor.sequence <= file.last()).cloned()
    }

    /// Memory in use.
    pub(super) fn bytes(&self) -> u64 {
        (self.recent_spans * size_of::<Span>() + self.recent.len() * size_of::<BatchChanges>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(channel: u32, first: u16, subject: Subject) -> Span {
        let day = DayNumber(19_000);
        Span { channel, channels: 1, day, first, end: first + 4, subject, kind: ChangeKind::Created }
    }

    #[test]
    fn a_cursor_goes_on_where_it_stopped() {
        let mut feed = Feed::default();
        for sequence in [3, 5] {
            let mut batch = BatchChanges { sequence, spans: Vec::new() };
            for channel in [10, 11, 12, 40, 41] {
                batch.push(span(channel, 0, Subject::Intervals));
            }
            batch.push(span(7, 0, Subject::Registers));
            batch.push(span(7, 0, Subject::Registers));
            assert_eq!(batch.spans.len(), 3);
            feed.push(batch);
        }
        let mut all = Vec::new();
        feed.after(Cursor::default(), usize::MAX, &mut all);
        assert_eq!(all.len(), 12);
        for limit in 1..6 {
            let (mut cursor, mut pieces) = (Cursor::default(), Vec::new());
            loop {
                let mut piece = Vec::new();
                feed.after(cursor, limit, &mut piece);
                let Some(last) = piece.last() else { break };
                cursor = last.cursor;
                pieces.extend(piece);
            }
            assert_eq!(pieces, all, "limit {limit}");
        }
        let text = all[3].cursor.to_string();
        assert_eq!(text.parse(), Ok(all[3].cursor));
        assert!("12".parse::<Cursor>().is_err());
        feed.filed(3, &[], 0);
        let mut rest = Vec::new();
        feed.after(all[5].cursor, usize::MAX, &mut rest);
        assert_eq!(rest, all[6..]);
    }
}

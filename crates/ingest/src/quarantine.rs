//! What was not admitted waits with its reason, and gets in by replay after a fix.
//!
//! An item is one channel of one message with one reason, or all that a reader left out of a message for one cause
//! ([`crate::malformed`]). Replay takes the kept bytes of the message in once more:
//! what is stored already is a duplicate, what is admitted now leaves quarantine, what is refused again says why.

use std::collections::{BTreeMap, HashMap, HashSet};

use formats::{Format, Options};
use jiff::Timestamp;
use model::finding::Severity;
use model::review::{Reason, Refusal};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use store::raw::RawId;
use store::registry::interval_wait::IntervalWait;
use store::registry::quarantine::{Closing, QuarantineEntry, QuarantineItem, QuarantineState};

use crate::admission::{AMBIGUOUS_NAME, REGISTRY_CONFLICT};
use crate::admitter::Rejected;
use crate::files;
use crate::intake::{Asked, Intake, IntakeError, Message, ToldFinding, Unknown};
use crate::malformed::{MALFORMED, Malformed};
use crate::placement::zone_of;
use crate::review::reasons;

/// Everything about an item that is needed to explain and to replay it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Detail {
    /// Why it was not admitted.
    pub finding: ToldFinding,
    /// How many readings wait.
    pub readings: u64,
    /// How many records, days, rows or readings could not be read; 0 where whole readings wait.
    #[serde(default)]
    pub records: u64,
    /// The first of these records.
    #[serde(default)]
    pub places: Vec<ToldFinding>,
    /// Content hash of the message that this one is a corrected copy of; of the first one, where that was a copy itself.
    #[serde(default)]
    pub replaces: Option<String>,
    /// The file or message as people know it.
    pub name: String,
    /// The format that was asked for.
    pub format: Option<String>,
    /// The zone that was asked for.
    pub zone: Option<String>,
    /// The usage point that was named for a file without one.
    pub usage_point: Option<String>,
    /// The unit that was named for a file without one.
    pub unit: Option<String>,
}

/// The quarantine entry of what a message could not bring in.
pub(crate) fn entry(message: &Message, raw: RawId, hash: &str, rejected: &Rejected) -> QuarantineEntry {
    let detail = detail(message, ToldFinding::from(&rejected.finding), rejected.readings);
    QuarantineEntry {
        batch: hash.into(),
        item: rejected.item,
        source: message.source.clone(),
        raw: raw.to_string(),
        line: rejected.finding.line,
        channel: rejected.channel.clone(),
        code: rejected.finding.code.to_string(),
        cause: String::new(),
        message: rejected.finding.message.clone(),
        advice: advice(&rejected.finding.code, rejected.finding.severity).into(),
        finding: as_text(&detail),
    }
}

/// For which time of which channel an item waits, where it is about intervals of another length.
pub(crate) fn interval_wait(hash: &str, rejected: &Rejected) -> Option<IntervalWait> {
    let (channel, range) = rejected.other_length?;
    Some(IntervalWait { batch: hash.into(), item: rejected.item, channel, range })
}

/// The quarantine entry of what a reader left out of a message for one cause.
pub(crate) fn malformed(message: &Message, raw: RawId, hash: &str, malformed: &Malformed) -> QuarantineEntry {
    let places: Vec<_> = malformed.places.iter().map(ToldFinding::from).collect();
    let first = places.first().cloned().unwrap_or_default();
    let detail = Detail { records: malformed.count, places, ..detail(message, first.clone(), 0) };
    QuarantineEntry {
        batch: hash.into(),
        item: malformed.item,
        source: message.source.clone(),
        raw: raw.to_string(),
        line: first.line,
        channel: message.name.clone(),
        code: MALFORMED.into(),
        cause: first.code,
        message: match malformed.count {
            1 => format!("{}: {}", first.field, first.message),
            count => format!("{}: {}; {} more like it", first.field, first.message, count - 1),
        },
        advice: advice(MALFORMED, Severity::Error).into(),
        finding: as_text(&detail),
    }
}

fn detail(message: &Message, finding: ToldFinding, readings: u64) -> Detail {
    let Asked { format, zone, usage_point, unit } = Asked::from(message);
    Detail {
        finding,
        readings,
        records: 0,
        places: Vec::new(),
        replaces: message.replaces.clone(),
        name: message.name.clone(),
        format,
        zone,
        usage_point,
        unit,
    }
}

fn as_text(detail: &Detail) -> String {
    serde_json::to_string(detail).expect("a detail has only texts and numbers")
}

/// How the wait of items ends that were admitted, or of which everything came since.
pub(crate) fn admitted(now: Timestamp) -> Closing {
    Closing { at: now, by: None, reason: "admitted".into(), note: String::new(), replaced_by: None }
}

/// Why a person may decide against an item.
pub const DROP_REASONS: &[Reason] = &[
    Reason { code: "came-otherwise", words: "the readings came another way" },
    Reason { code: "not-ours", words: "not a usage point or a period of ours" },
    Reason { code: "mistake", words: "a test, or sent by mistake" },
    Reason { code: "unusable", words: "nobody can say what it should have been" },
    Reason { code: "other", words: "another reason, told in the note" },
];

/// How the wait of items ends that a person decides against.
///
/// # Errors
/// [`Refusal::Invalid`] without a name, or with a reason that is none of [`DROP_REASONS`] or is not told.
pub fn dropped(by: &str, reason: &str, note: &str, now: Timestamp) -> Result<Closing, Refusal> {
    let by = crate::review::person("by", by)?;
    reasons::checked_among(DROP_REASONS, reason, note)?;
    Ok(Closing { at: now, by: Some(by.into()), reason: reason.into(), note: note.trim().into(), replaced_by: None })
}

/// What a person can do about an item, by its reason.
fn advice(code: &str, severity: Severity) -> &'static str {
    match code {
        "V01" => "register the channel, or replay with --register to take it as the message describes it",
        "V02" => "correct the owner (`amity registry owner`), then replay",
        "V03" | "V04" => "correct the dates of the usage point (`amity registry state`), then replay",
        "V05" => {
            "the channel is registered for other readings: correct its registration (or the list `reading_types`), then replay"
        }
        "V07" => {
            "if the meter sends another length from a day on, register the channel that goes on from then (`amity registry add .. \
             --interval-seconds .. --suffix .. --continues CHANNEL --continues-from DATE`), then replay; else correct the \
             source and drop this; until then nothing is estimated for its time"
        }
        "V06" => "correct the unit of the channel or the source, then replay",
        "V08" => "the times do not fit the days of the channel: correct its zone or the source, then replay",
        "V10" => "register a finer quantum or correct the source, then replay",
        "V12" => {
            "compare with the value that came first; replay with `values_again = \"replace\"` where the new one is right, else drop"
        }
        "V14" => "enter the meter exchange in the registry, then replay",
        "V15" | "V16" => {
            "ask the source for the whole, or replay without `refuse_missing_channels` or `refuse_missing_values`"
        }
        "V17" => "correct the clock of the source; replay once the time has come",
        AMBIGUOUS_NAME => "let the source name the authority, or send the usage point under a name that only one has",
        REGISTRY_CONFLICT => {
            "correct what the registry has (`amity registry show`, `registry add`) or the source, then replay"
        }
        MALFORMED => {
            "let the source send it again corrected, then replay; or hand a corrected copy in (`amity quarantine fix`); where \
             it was read with the wrong options and nothing of it is stored, replay the item with --zone, --format or --unit; drop \
             it with a reason where nothing is to come"
        }
        files::UNREADABLE => {
            "the bytes are cut off or damaged and never taken: ask the source for a whole file and drop this"
        }
        _ if severity == Severity::Refused => {
            "the message cannot be used: take it again with what the reason asks for (--zone, --unit, ..), or ask the source \
             for a whole one and drop this"
        }
        _ => "correct what the finding names, then replay",
    }
}

/// What a replay did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Messages that were taken in again.
    pub messages: u64,
    /// Items that left quarantine.
    pub released: u64,
    /// Items that were refused again.
    pub refused_again: u64,
    /// Readings that were stored.
    pub stored: u64,
}

/// What to say otherwise of the bytes of a message than the first time; `None` says the same again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Otherwise {
    /// The format.
    pub format: Option<Format>,
    /// Zone of stamps without an offset, by its name.
    pub zone: Option<SmolStr>,
    /// Usage point of a file that names none.
    pub usage_point: Option<SmolStr>,
    /// Unit of a file that names none.
    pub unit: Option<SmolStr>,
}

impl Otherwise {
    /// Refuses to say another zone, usage point or unit of a message of which something is stored: its readings would be stored
    /// a second time, elsewhere.
    fn check(&self, message: &Message) -> Result<(), Refusal> {
        let said = [
            ("zone", &self.zone, &message.zone),
            ("usage point", &self.usage_point, &message.options.usage_point),
            ("unit", &self.unit, &message.options.unit),
        ];
        let Some((what, ..)) = said.into_iter().find(|(_, now, before)| now.is_some() && now != before) else {
            return Ok(());
        };
        let (name, asked) = (&message.name, Asked::from(message));
        Err(Refusal::Conflict(format!(
            "readings of {name} are stored already, read with {asked}: with another {what} they would be stored a second time, \
             elsewhere; replay it without, or hand a corrected copy in (`amity quarantine fix`)"
        )))
    }

    fn of(&self, message: Message) -> Message {
        let zone = self.zone.clone().or(message.zone);
        Message {
            format: self.format.or(message.format),
            options: Options {
                zone: zone.as_deref().and_then(|zone| zone_of(zone).ok()),
                usage_point: self.usage_point.clone().or(message.options.usage_point),
                unit: self.unit.clone().or(message.options.unit),
            },
            zone,
            ..message
        }
    }
}

/// Takes the messages of items in once more; with [`Unknown::Register`], unknown channels are registered.
///
/// # Errors
/// [`IntakeError::Asked`] where something of a message is stored already and another zone, usage point or unit is said of it:
/// nothing is replayed. As [`Intake::take`]; what was replayed before stays so.
pub fn replay(
    intake: &mut Intake,
    items: &[QuarantineItem],
    unknown: Unknown,
    otherwise: &Otherwise,
    now: Timestamp,
) -> Result<Replayed, IntakeError> {
    let mut of_message: BTreeMap<(&str, &str), Vec<&QuarantineItem>> = BTreeMap::new();
    for item in items {
        of_message.entry((&item.entry.raw, &item.entry.batch)).or_default().push(item);
    }
    for ((_, batch), items) in &of_message {
        if *otherwise != Otherwise::default() && intake.is_stored(batch)? {
            otherwise.check(&message_of(items[0], unknown))?;
        }
    }
    let mut replayed = Replayed::default();
    for ((raw, _), items) in of_message {
        let Some(first) = items.first() else { continue };
        if items.iter().any(|item| item.entry.code == files::UNREADABLE) {
            // What is kept of it can be read, but is not what the source sent.
            intake.refuse_again(&items)?;
            replayed.messages += 1;
            replayed.refused_again += items.len() as u64;
            continue;
        }
        let message = otherwise.of(message_of(first, unknown));
        let raw = raw.parse().map_err(IntakeError::RawId)?;
        let (receipt, settlement) = intake.take_again(&message, raw, now)?;
        replayed.messages += 1;
        replayed.stored += receipt.stored;
        replayed.released += settlement.released.len() as u64;
        replayed.refused_again += settlement.refused_again.len() as u64;
    }
    Ok(replayed)
}

/// The message of an item, as it was taken.
pub(crate) fn message_of(item: &QuarantineItem, unknown: Unknown) -> Message {
    let detail: Option<Detail> = serde_json::from_str(&item.entry.finding).ok();
    let of = |text: fn(&Detail) -> Option<&String>| detail.as_ref().and_then(text).map(SmolStr::new);
    let zone = of(|detail| detail.zone.as_ref());
    let format = of(|detail| detail.format.as_ref());
    Message {
        source: item.entry.source.clone(),
        name: detail.as_ref().map_or_else(|| item.entry.channel.clone(), |detail| detail.name.clone()),
        format: format.and_then(|name| Format::ALL.into_iter().find(|format| format.name() == name)),
        options: Options {
            zone: zone.as_deref().and_then(|zone| zone_of(zone).ok()),
            usage_point: of(|detail| detail.usage_point.as_ref()),
            unit: of(|detail| detail.unit.as_ref()),
        },
        zone,
        unknown,
        position: String::new(),
        replaces: detail.and_then(|detail| detail.replaces),
    }
}

/// What becomes of the waiting items of a message that is taken in again.
#[derive(Debug, Default)]
pub struct Settlement {
    /// Items to put away that were not waiting.
    pub(crate) new: Vec<QuarantineEntry>,
    /// Waiting items that were refused again, with the reason of this time.
    pub(crate) refused_again: Vec<(u64, QuarantineEntry)>,
    /// Waiting items that leave quarantine.
    pub(crate) released: Vec<u64>,
}

/// Words by which items are held against each other.
type Words<'e> = (&'e str, [&'e str; 2], u32);

/// What makes an item of this time one that is known, the best first: channel and reason, channel and place, either alone.
const SAME: [fn(&QuarantineEntry) -> Words<'_>; 4] = [
    |entry| (&entry.channel, [&entry.code, &entry.cause], 0),
    |entry| (&entry.channel, [""; 2], entry.item),
    |entry| (&entry.channel, [""; 2], 0),
    |entry| ("", [""; 2], entry.item),
];

impl Settlement {
    /// Holds what is known of a message against what was refused this time. Where the whole message was refused, everything
    /// that waits goes on waiting.
    pub(crate) fn of(known: &[QuarantineItem], refused: Vec<QuarantineEntry>, accepted: bool) -> Self {
        let mut waiting: Vec<_> = known.iter().filter(|item| item.state == QuarantineState::Open).collect();
        let mut settlement = Self::default();
        if let (false, false, Some(whole)) = (accepted, waiting.is_empty(), refused.first()) {
            settlement.refused_again = waiting.iter().map(|item| (item.id, because_of(whole, item))).collect();
            return settlement;
        }
        let mut refused: Vec<_> = refused.into_iter().map(Some).collect();
        for key in SAME {
            let mut found = Vec::new();
            let mut by_key = HashMap::new();
            for (at, entry) in refused.iter().enumerate().filter_map(|(at, entry)| Some((at, entry.as_ref()?))) {
                by_key.entry(key(entry)).or_insert(at);
            }
            waiting.retain(|item| match by_key.remove(&key(&item.entry)) {
                Some(at) => {
                    found.push((item.id, at));
                    false
                }
                None => true,
            });
            let again = found.into_iter().filter_map(|(id, at)| Some((id, refused[at].take()?)));
            settlement.refused_again.extend(again);
        }
        settlement.new = beside(known, refused.into_iter().flatten().collect());
        settlement.released = waiting.into_iter().map(|item| item.id).collect();
        settlement
    }
}

/// New items at places where nothing else waits or waited.
fn beside(known: &[QuarantineItem], mut new: Vec<QuarantineEntry>) -> Vec<QuarantineEntry> {
    let closed: HashSet<_> = known
        .iter()
        .filter(|item| item.state != QuarantineState::Open)
        .map(|item| (&item.entry.channel, &item.entry.code, &item.entry.cause))
        .collect();
    let taken: HashMap<u32, &QuarantineItem> = known.iter().map(|item| (item.entry.item, item)).collect();
    // What was let in or dropped does not wait again when its message comes again for another item: neither for its reason nor,
    // at its place, for another one. Records that were left out are the same ones only where their cause is.
    let same = |entry: &QuarantineEntry, item: &QuarantineItem| {
        (&item.entry.channel, &item.entry.cause) == (&entry.channel, &entry.cause)
    };
    let is_closed = |entry: &QuarantineEntry| {
        let at_its_place = taken.get(&entry.item).filter(|item| item.state != QuarantineState::Open);
        closed.contains(&(&entry.channel, &entry.code, &entry.cause))
            || at_its_place.is_some_and(|item| same(entry, item))
    };
    new.retain(|entry| !is_closed(entry));
    let last = taken.keys().copied().chain(new.iter().map(|entry| entry.item)).max().unwrap_or(0);
    let at_taken = new.iter_mut().filter(|entry| taken.contains_key(&entry.item));
    for (entry, free) in at_taken.zip(last.saturating_add(1)..) {
        entry.item = free;
    }
    new
}

/// An item whose message was refused as a whole: it keeps what is needed to take it in again.
fn because_of(refusal: &QuarantineEntry, item: &QuarantineItem) -> QuarantineEntry {
    QuarantineEntry {
        code: refusal.code.clone(),
        cause: refusal.cause.clone(),
        message: refusal.message.clone(),
        advice: refusal.advice.clone(),
        ..item.entry.clone()
    }
}

//! Between a reader and the events book: says whose an event is, what it means and whether its time is believed.

use formats::Sink;
use jiff::Timestamp;
use model::event::EndDeviceEvent;
use model::event::report::{Meaning, Report, Subject};
use model::finding::{Finding, Severity};
use model::id::Name;
use model::reading::{ChannelReadings, MessageHeader};
use smol_str::SmolStr;
use store::events::ToldEvent;
use store::registry::directory::Directory;

use super::message::EventCounts;
use super::settings::Rules;
use crate::inventory::FINDINGS_MAX;
use crate::malformed::{self, ByCause};

/// Places in quarantine from this one on are of events, so that readings of the same message have theirs.
const FIRST_ITEM: u32 = 1 << 30;

/// The kind of a name that stands for a device and is that of a usage point.
pub(super) const USAGE_POINT: SmolStr = SmolStr::new_static("UsagePoint");

/// Gathers the events of a message.
pub(crate) struct EventReader<'a> {
    rules: &'a Rules,
    directory: &'a Directory,
    source: &'a str,
    received_at: Timestamp,
    /// What was gathered since it was last taken.
    pub(crate) events: Vec<ToldEvent>,
    /// What could not be used, by cause.
    pub(crate) malformed: ByCause,
    /// What is to be told of events that are kept.
    pub(crate) findings: Vec<Finding>,
    /// How many findings there are.
    pub(crate) findings_count: u64,
    /// What is special of the events.
    pub(crate) counts: EventCounts,
    /// How many pieces of readings the message has.
    pub(crate) readings: u64,
    /// Whether what the reader itself finds is gathered too.
    pub(crate) keeps_findings: bool,
}

impl<'a> EventReader<'a> {
    pub(crate) fn new(rules: &'a Rules, directory: &'a Directory, source: &'a str, received_at: Timestamp) -> Self {
        Self {
            rules,
            directory,
            source,
            received_at,
            events: Vec::new(),
            malformed: ByCause::new(),
            findings: Vec::new(),
            findings_count: 0,
            counts: EventCounts::default(),
            readings: 0,
            keeps_findings: true,
        }
    }

    fn told(&mut self, event: &EndDeviceEvent) -> ToldEvent {
        let meaning = self.rules.dialects.meaning(self.source, event);
        let told_type = events::dialect::told_type(event);
        if let Meaning::Unmapped { told, .. } = &meaning {
            let message = format!(
                "`{told}` is no event type that is known; the event is kept, say what it means under \
                 [events.dialects.\"{}\"] (`amity events types` lists such words)",
                self.source
            );
            self.note(Finding::new(event.line, "EndDeviceEventType", "event.unmapped", message));
            self.counts.unmapped += 1;
        }
        let is_doubtful = self.rules.belief.is_doubtful(event.created, self.received_at);
        if is_doubtful {
            let message = match event.created {
                Some(at) => format!(
                    "the device says {at}, received {}: it is ordered by when it was received",
                    self.received_at
                ),
                None => "the event has no time that could be read: it is ordered by when it was received".to_owned(),
            };
            self.note(Finding::new(event.line, "createdDateTime", "event.time_doubtful", message));
            self.counts.doubtful += 1;
        }
        let named = event.device.clone();
        let device = named.or_else(|| event.usage_point.clone().map(|name| Name { kind: USAGE_POINT, ..name }));
        let at = event.created.filter(|_| !is_doubtful).unwrap_or(self.received_at);
        let whose = self.directory.whose(event.device.as_ref(), event.usage_point.as_ref(), at);
        let subject = whose.subject().unwrap_or_else(|| Subject::unknown(device.as_ref(), self.source));
        self.counts.unknown_device += u64::from(!subject.is_known());
        let source_id = if event.mrid.is_empty() { &event.issuer_tracking } else { &event.mrid };
        ToldEvent {
            report: Report {
                subject,
                meaning,
                occurred_at: event.created,
                source: self.source.into(),
                source_id: source_id.clone(),
            },
            device,
            meter: whose.meter,
            usage_point: whose.usage_point,
            told_type,
            told_at: event.created,
            is_doubtful,
            line: event.line,
            severity: event.severity.clone(),
            reason: event.reason.clone(),
            status: event.status.clone(),
            details: details(event),
        }
    }

    fn note(&mut self, finding: Finding) {
        self.findings_count += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding.with_severity(Severity::Warning));
        }
    }

    fn leave_out(&mut self, finding: &Finding) {
        self.findings_count += 1;
        let next = FIRST_ITEM + self.malformed.len() as u32;
        malformed::note(&mut self.malformed, finding, || next);
    }
}

/// What the source said beside the members that have a place of their own.
fn details(event: &EndDeviceEvent) -> Vec<(SmolStr, SmolStr)> {
    let own = event.details.iter().filter(|(name, _)| name != events::dialect::TOLD_TYPE).cloned();
    let issuer = [("issuer", &event.issuer), ("issuerTracking", &event.issuer_tracking)];
    let issuer = issuer.into_iter().filter(|(_, text)| !text.is_empty());
    own.chain(issuer.map(|(name, text)| (SmolStr::new_static(name), text.clone()))).collect()
}

impl Sink for EventReader<'_> {
    fn message(&mut self, _header: &MessageHeader) {}

    fn readings(&mut self, _readings: &ChannelReadings) {
        self.readings += 1;
    }

    fn event(&mut self, event: &EndDeviceEvent) {
        if event.device.is_none() && event.usage_point.is_none() {
            let message =
                "the event names neither a device nor a usage point, so that it is nobody's; expected one of them";
            return self.leave_out(&Finding::new(event.line, "Assets", "event.nobodys", message));
        }
        if events::dialect::told_type(event).is_empty() {
            let message = "the event has no type, so that nobody knows what happened; expected a 4-part code or a name";
            return self.leave_out(&Finding::new(event.line, "EndDeviceEventType", "event.typeless", message));
        }
        let told = self.told(event);
        self.events.push(told);
    }

    fn finding(&mut self, finding: Finding) {
        match (self.keeps_findings, finding.severity) {
            (false, _) => {}
            (true, Severity::Error | Severity::Refused) => self.leave_out(&finding),
            (true, _) => {
                self.findings_count += 1;
                if self.findings.len() < FINDINGS_MAX {
                    self.findings.push(finding);
                }
            }
        }
    }
}

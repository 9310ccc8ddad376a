//! What the books know beside readings and master data that the items of the report are told from.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::time::TimeRange;
use store::events::{EventsBook, EventsError};
use store::registry::account::Accounts;
use store::registry::alert::{Alert, Which};
use store::registry::attempt::Attempt;
use store::registry::directory::Directory;
use store::registry::hand_over::{HandOver, HandedOver, RefusedAccount};
use store::registry::{Registry, RegistryError};

use super::super::event_class::Happened;
use super::super::happened::within;

/// Entries of each kind that are looked at.
const ENTRIES_MAX: u32 = 10_000;
/// How far a local day is from that of UTC, at the most.
const ZONES_APART: SignedDuration = SignedDuration::from_hours(14);

/// What the books know of a day.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Attempts at head-ends since the day began.
    pub attempts: Vec<Attempt>,
    /// The last attempts at each head-end.
    pub last_attempts: Vec<Attempt>,
    /// Files with the reads of the day.
    pub reads_handed_over: Vec<HandOver>,
    /// The last files with account information, newest first.
    pub accounts_handed_over: Vec<HandOver>,
    /// Account information that the repository did not take.
    pub accounts_refused: Vec<RefusedAccount>,
    /// The last files with changes of account information from the repository, newest first.
    pub changes_received: Vec<HandOver>,
    /// The account of each usage point.
    pub accounts: Accounts,
    /// Alerts that lasted at some time of the day.
    pub alerts: Vec<Alert>,
    /// What devices told of the day; `None` where events are not kept.
    pub events: Option<Vec<Happened>>,
}

impl Evidence {
    /// What the registry knows of a day.
    ///
    /// # Errors
    /// What the registry says.
    pub async fn of(registry: &Registry, date: Date, now: Timestamp) -> Result<Self, RegistryError> {
        let TimeRange { start, end } = around(date);
        let (attempts, hand_overs) = (registry.attempts(), registry.hand_overs());
        // Readings of the day may come until its deadline, so attempts count until now or the next midnight.
        let until = end.saturating_add(SignedDuration::from_hours(24)).unwrap_or(end).min(now);
        Ok(Self {
            attempts: attempts.between(start, until.max(start), ENTRIES_MAX).await?,
            last_attempts: attempts.last().await?,
            reads_handed_over: hand_overs.newest(HandedOver::Reads, Some(date), ENTRIES_MAX).await?,
            accounts_handed_over: hand_overs.newest(HandedOver::Accounts, None, ENTRIES_MAX).await?,
            accounts_refused: hand_overs.refused_accounts(ENTRIES_MAX).await?,
            changes_received: hand_overs.newest(HandedOver::Changes, None, ENTRIES_MAX).await?,
            accounts: registry.accounts().await?,
            alerts: registry.alerts().list(Which::Between(start, end), ENTRIES_MAX).await?,
            events: None,
        })
    }

    /// The same with what the events book has of the day.
    ///
    /// # Errors
    /// What the events book says.
    pub async fn with_events(self, book: &EventsBook, directory: &Directory, date: Date) -> Result<Self, EventsError> {
        Ok(Self { events: Some(within(book, directory, around(date)).await?), ..self })
    }
}

/// The instants that a date has in any zone.
fn around(date: Date) -> TimeRange {
    let midnight = |date: Date| date.to_zoned(TimeZone::UTC).map(|at| at.timestamp());
    let start = midnight(date).and_then(|at| at.checked_sub(ZONES_APART)).unwrap_or(Timestamp::MIN);
    let end = date.tomorrow().and_then(midnight).and_then(|at| at.checked_add(ZONES_APART)).unwrap_or(Timestamp::MAX);
    TimeRange { start, end }
}

//! A source changes its format in mid run: what can be read is taken in, the change is told by its first message, and another
//! version holds only after the contract test and other people's word.

use formats::Options;
use ingest::schema::{Checked, Propose, Sample, SchemaError, check, propose, say};
use jiff::SignedDuration;
use model::review::Refusal;
use store::registry::schema::{Said, SchemaState, Word};

use crate::taken_again::{Station, csv};

/// What the source sends before and after.
fn before() -> String {
    csv(&["UP1 0=1.5 1=2.5"])
}

fn with_phase() -> String {
    before().replace("value\n", "value,phase\n").replace(".5\n", ".5,A\n")
}

fn without_unit() -> String {
    before().replace(",uom", ",measured_in")
}

impl Station {
    fn checked(&self, sample: &str) -> Checked {
        let samples = [Sample { name: "sample.csv", bytes: sample.as_bytes() }];
        let registry = &self.intake.books().registry;
        let options = Options::default();
        self.runtime.block_on(check(registry, "HES", &samples, (None, &options), self.now)).expect("checked")
    }

    fn propose(&self, sample: &str, breaks: bool) -> Result<(u64, u32), SchemaError> {
        let asked = Propose { source: "HES", by: "Ada", reason: "firmware 3.2", effective_from: self.now, breaks };
        self.runtime.block_on(propose(&self.intake.books().registry, &self.checked(sample), asked, self.now))
    }

    fn says(&self, version: u64, by: &str, word: Word) -> Result<SchemaState, SchemaError> {
        let said = Said { by: by.into(), word, note: String::new(), at: self.now };
        self.runtime.block_on(say(&self.intake.books().registry, ("HES", version), said))
    }

    fn agreed(sample: &str) -> Self {
        let station = Self::with(&["UP1"]);
        assert_eq!(station.propose(sample, false).expect("proposed"), (1, 1));
        assert_eq!(station.says(1, "Ben", Word::Approve).expect("approved"), SchemaState::Accepted);
        station
    }

    /// What was noted of differences: sentence and number of messages.
    fn differences(&self) -> Vec<(String, u64)> {
        let found = self.runtime.block_on(self.intake.books().registry.schemas().differences(100)).expect("listed");
        found.into_iter().map(|one| (one.detail, one.messages)).collect()
    }
}

// covers: MOD-SCH
#[test]
fn a_change_in_mid_run_is_told_by_its_first_message_and_nothing_is_lost() {
    let mut station = Station::agreed(&before());
    station.send_bytes(&before(), Options::default());
    assert_eq!(station.differences(), []);
    let receipt = station.send_bytes(&with_phase().replace("1.5", "1.75"), Options::default());
    assert_eq!((receipt.accepted, station.values(0, 2)), (true, vec![Some(1750), Some(2500)]), "what is known is used");
    assert_eq!(station.differences(), [("phase is new".into(), 1)]);
    station.send_bytes(&with_phase().replace("1.5", "1.25"), Options::default());
    assert_eq!(station.differences(), [("phase is new".into(), 2)]);
    // The same bytes again are not another message.
    station.send_bytes(&with_phase().replace("1.5", "1.25"), Options::default());
    assert_eq!(station.differences(), [("phase is new".into(), 2)]);
}

// covers: MOD-AGR, MOD-GOV1
#[test]
fn what_takes_away_what_was_agreed_is_refused_or_needs_two() {
    let station = Station::agreed(&before());
    let checked = station.checked(&without_unit());
    assert!(checked.breaks && !checked.passes());
    let refused = station.propose(&without_unit().replace("kWh", "1"), false).expect_err("it breaks");
    assert!(refused.to_string().contains("uom was always there, and is missing"), "{refused}");
    assert_eq!(station.propose(&without_unit(), true).ok(), Some((2, 2)));
    let own = station.says(2, " ada ", Word::Approve).expect_err("her own");
    assert!(matches!(own, SchemaError::Refused(Refusal::NotAllowed(_))), "{own}");
    assert_eq!(station.says(2, "Ben", Word::Approve).expect("said"), SchemaState::Proposed);
    assert_eq!(station.says(2, "ben ", Word::Approve).expect("said"), SchemaState::Proposed, "one person is one");
    assert_eq!(station.says(2, "Eve", Word::Approve).expect("said"), SchemaState::Accepted);
    let late = station.says(2, "Eve", Word::Reject).expect_err("it holds");
    assert!(late.to_string().contains("accepted already"), "{late}");
}

// covers: MOD-AGR
#[test]
fn a_sample_that_cannot_be_read_is_never_agreed() {
    let station = Station::agreed(&before());
    for (sample, why) in [
        ("nothing of any format".to_owned(), "sample.csv"),
        ("usage_point_id,uom,start,end,value\n".to_owned(), "found none"),
        (before().replace("2.5", "much"), "line 3"),
    ] {
        let refused = station.propose(&sample, true).expect_err(why);
        assert!(refused.to_string().contains(why), "{refused}");
    }
}

// covers: MOD-GOV2
#[test]
fn a_version_holds_from_its_time_on() {
    let mut station = Station::agreed(&before());
    let later = station.now + SignedDuration::from_mins(30);
    let asked = Propose { source: "HES", by: "Ada", reason: "firmware 3.2", effective_from: later, breaks: false };
    let registry = station.intake.books().registry.clone();
    let checked = station.checked(&with_phase());
    let proposed = propose(&registry, &checked, asked, station.now);
    assert_eq!(station.runtime.block_on(proposed).expect("proposed"), (2, 1));
    station.says(2, "Ben", Word::Approve).expect("approved");
    station.send_bytes(&with_phase(), Options::default());
    assert_eq!(station.differences(), [("phase is new".into(), 1)], "not yet");
    station.now = later;
    station.send_bytes(&with_phase().replace("1.5", "1.75"), Options::default());
    assert_eq!(station.differences(), [("phase is new".into(), 1)]);
    // What was new is now missing where it lacks.
    station.send_bytes(&before().replace("1.5", "1.25"), Options::default());
    assert_eq!(station.differences()[0].0, "phase was always there, and is missing");
}

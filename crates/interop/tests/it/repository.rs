//! What the repository is given over real books: reads as they are stored, and account information until it is acknowledged.

use std::sync::Arc;

use interop::repository::accounts::{self, Field};
use interop::repository::csv::check;
use interop::repository::reads::Reads;
use jiff::Timestamp;
use jiff::civil::date;
use model::id::{Mrid, Name};
use model::master::Channel;
use model::quality::{Quality, Status};
use model::quantity::Decimal;
use serde_json::json;
use smol_str::SmolStr;
use store::disk::RealDisk;
use store::readings::{Batch, Config, ReadingsBook, RegisterEntry};
use store::registry::Registry;
use store::registry::channel::ChannelEntry;
use store::registry::fact::{Fact, FactKind};
use store::registry::hand_over::{Answer, Answered, HandedOver};
use store::registry::link::{Link, Relation};
use store::registry::master::Class;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

struct Books {
    book: ReadingsBook,
    registry: Registry,
    _folder: tempfile::TempDir,
}

impl Books {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (book, _) =
            ReadingsBook::open(Arc::new(RealDisk), &folder.path().join("readings"), Config::default()).expect("a book");
        let url = format!("sqlite:{}", folder.path().join("registry.sqlite").display());
        let registry = Registry::open(&url).await.expect("a registry");
        Self { book, registry, _folder: folder }
    }

    /// The register of `M-n` at `UP-n`, whose counts are worth `multiplier`; or a channel of hourly intervals beside it.
    async fn channel(&self, number: u32, zone: &str, multiplier: i64, is_interval: bool) -> Channel {
        let reading_type = match is_interval {
            true => "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0",
            false => "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0",
        };
        let entry = ChannelEntry {
            usage_point: Name::new("UsagePoint", format!("UP-{number}")),
            meter: Some(Name::new("Meter", format!("M-{number}"))),
            meter_from: None,
            suffix: if is_interval { "E1".into() } else { "R1".into() },
            reading_type: reading_type.parse().expect("a reading type"),
            unit: "kWh".into(),
            quantum: -2,
            multiplier: Decimal::new(multiplier, 0),
            dials: Some(5),
            interval_seconds: is_interval.then_some(3600),
            zone: zone.into(),
        };
        self.registry.channels().register(&[entry]).await.expect("registered").remove(0)
    }

    fn reads(&self, channel: &Channel, reads: &[(&str, i64, Status)], received_at: &str) {
        let received_at = at(received_at).as_microsecond();
        let mut key = [0; 32];
        key[..8].copy_from_slice(&received_at.to_le_bytes());
        key[8..12].copy_from_slice(&channel.number.0.to_le_bytes());
        let mut batch = Batch::new("HES", key, received_at);
        for (moment, value, status) in reads {
            let quality = self.book.quality_id(&Quality::of(*status));
            let read = RegisterEntry {
                channel: channel.number,
                at: at(moment).as_second(),
                period_start: None,
                value: Some(*value),
                quality,
                revision: None,
            };
            batch.push_register(&read).expect("a read");
        }
        self.book.append(batch).expect("stored");
    }

    async fn object(&self, class: Class, name: &str) -> Mrid {
        let (names, attributes) = ([Name::new(class.as_str(), name)], json!({ "tariff": "R1" }));
        self.registry.master().register(class, &names, Some(&attributes)).await.expect("registered").id
    }
}

// covers: ONT-2.2.1b, ONT-2.2.2, ONT-2.2.4, ONT-2.6.2, ONT-2.6.3, ONT-DEF-10, ONT-2.4.2c
#[tokio::test]
async fn reads_go_out_as_they_are_stored_and_each_once() {
    let books = Books::new().await;
    let toronto = books.channel(1, "America/Toronto", 1, false).await;
    let winnipeg = books.channel(2, "America/Winnipeg", 40, false).await;
    books.channel(1, "America/Toronto", 1, true).await;
    let module = Fact::new(FactKind::ModuleId, books.object(Class::Meter, "M-1").await, Timestamp::MIN, Some("A,7"));
    books.registry.facts().put(&[module.expect("a fact")]).await.expect("entered");
    let plain = Status::NONE;
    // Midnights in Toronto are at 05:00 UTC, in Winnipeg at 06:00.
    let first = [("2026-03-07T05:00:00Z", 1, plain), ("2026-03-07T06:00:00Z", 123, plain)];
    books.reads(&toronto, &first, "2026-03-08T06:30:00Z");
    books.reads(&winnipeg, &[("2026-03-08T06:00:00Z", 9_999_999, Status::CLOCK_ERROR)], "2026-03-08T06:31:00Z");
    let directory = books.registry.directory().await.expect("loaded");
    let reads = |after| Reads { book: &books.book, directory: &directory, date: date(2026, 3, 7), after };
    let made = reads(None).file(0, at("2026-03-08T11:00:00Z"), &mut drop).expect("readable");
    let kind = "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0";
    let expected = format!(
        "H,amity_repository,1,reads,2026-03-07,2026-03-08T11:00:00Z\n\
         F,usage_point,meter,module_id,reading_type,unit,service_multiplier,stamp,read,quality\n\
         R,UP-1,M-1,\"A,7\",{kind},kWh,1,2026-03-07 01:00,1.23,\n\
         R,UP-2,M-2,,{kind},kWh,40,2026-03-07 24:00,99999.99,clock error\n\
         T,2\n"
    );
    assert_eq!((made.file.text.as_str(), made.file.name.as_str()), (expected.as_str(), "reads-2026-03-07-1.csv"));
    assert_eq!((made.without_registers, made.damaged.len(), check(&made.file.text)), (1, 0, vec![]));
    // What comes later is told alone.
    books.reads(&toronto, &[("2026-03-08T05:00:00Z", 246, plain)], "2026-03-08T12:00:00Z");
    let made =
        reads(Some(at("2026-03-08T11:00:00Z"))).file(1, at("2026-03-08T13:00:00Z"), &mut drop).expect("readable");
    let lines: Vec<_> = made.file.text.lines().filter(|line| line.starts_with('R')).collect();
    assert_eq!(lines, [format!("R,UP-1,M-1,\"A,7\",{kind},kWh,1,2026-03-07 24:00,2.46,")]);
}

// covers: ONT-2.9.1, ONT-2.9.2, ONT-2.9.3, ONT-2.10.2.3
#[tokio::test]
async fn accounts_are_told_once_and_again_where_they_changed_or_were_refused() {
    let books = Books::new().await;
    books.channel(1, "America/Toronto", 40, false).await;
    books.channel(2, "America/Toronto", 1, false).await;
    let point = books.object(Class::UsagePoint, "UP-1").await;
    let agreement = books.object(Class::CustomerAgreement, "AG-1").await;
    let account = books.object(Class::CustomerAccount, "ACC-1").await;
    let link = async |relation, subject, target| {
        let link = Link { relation, subject, target, from: at("2026-01-01T00:00:00Z"), to: None };
        books.registry.master().link(&link).await.expect("linked");
    };
    link(Relation::AgreementOfAccount, agreement, account).await;
    link(Relation::UsagePointUnderAgreement, point, agreement).await;
    let fields = [Field::Account, Field::Tariff, Field::Meter, Field::ServiceMultiplier];
    let ledger = books.registry.hand_overs();
    let now = at("2026-03-08T11:00:00Z");
    let next = async |number: usize| {
        let directory = books.registry.directory().await.expect("loaded");
        let known = books.registry.accounts().await.expect("asked");
        let told = ledger.accounts().await.expect("asked");
        accounts::file(&directory, &known, &fields, &told, (number, now))
    };
    let entries = |made: &accounts::Made| -> Vec<String> {
        assert_eq!(check(&made.file.text), vec![]);
        made.file.text.lines().filter(|line| line.starts_with('A')).map(str::to_owned).collect()
    };
    let first = next(0).await.expect("everything is new");
    assert_eq!(entries(&first), ["A,set,UP-1,ACC-1,R1,M-1,40", "A,set,UP-2,,,M-2,1"]);
    assert_eq!(first.file.text.lines().nth(1), Some("F,usage_point,account,tariff,meter,service_multiplier"));
    ledger.add(&first.file.note(HandedOver::Accounts, None, now), &first.told).await.expect("noted");
    assert_eq!(next(1).await, None, "nothing changed");
    // The repository does not take one of them: it is told again.
    let answer = Answer { at: now, answered: Answered::Accepted, why: String::new() };
    let refused: [(SmolStr, SmolStr); 1] = [("UP-2".into(), "no account".into())];
    ledger.answer(&first.file.name, &answer, &refused).await.expect("noted");
    let second = next(1).await.expect("one was refused");
    assert_eq!((entries(&second), &*second.file.name), (vec!["A,set,UP-2,,,M-2,1".to_owned()], "accounts-2.csv"));
    ledger.add(&second.file.note(HandedOver::Accounts, None, now), &second.told).await.expect("noted");
    // A change is told alone.
    books.channel(1, "America/Toronto", 80, false).await;
    assert_eq!(entries(&next(2).await.expect("changed")), ["A,set,UP-1,ACC-1,R1,M-1,80"]);
}

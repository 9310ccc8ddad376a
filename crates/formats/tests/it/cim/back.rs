//! What is written is read back, and the scanner tells what the pull parser tells.

use formats::Options;
use formats::cim::{CimReader, write_meter_readings};
use model::reading::{ChannelReadings, IntervalRun, MessageHeader, Values};
use proptest::prelude::*;

use super::run;

/// Readings of a channel with everything that another format may say of it.
mod generated {
    use jiff::Timestamp;
    use model::id::Name;
    use model::quality::{Quality, cmep, espi, iec, nem12};
    use model::quantity::Decimal;
    use model::reading::{ChannelKey, ChannelReadings, IntervalRun, QualitySpan, RegisterRead, Values};
    use proptest::prelude::*;

    fn name() -> impl Strategy<Value = Name> {
        let text = "[A-Za-z0-9<&>'\"\u{e9}-]{1,12}";
        prop_oneof![
            text.prop_map(|value| Name::new("", value)),
            text.prop_map(|value| Name::new("mRID", value)),
            (text, text, text).prop_map(|(authority, kind, value)| Name {
                authority: authority.into(),
                kind: kind.into(),
                value: value.into()
            }),
        ]
    }

    fn quality() -> impl Strategy<Value = Quality> {
        let remark = prop_oneof![Just(String::new()), "[a-z;&<> ]{0,16}"];
        let flag = prop_oneof![Just("A"), Just("S14"), Just("F51"), Just("E52"), Just("N")];
        prop_oneof![
            Just(Quality::default()),
            (flag, proptest::option::of(0_u16..99), remark)
                .prop_map(|(flag, reason, remark)| nem12::quality(flag, reason, &remark).expect("a flag")),
            proptest::collection::vec(0_u16..20, 1..3).prop_map(|codes| espi::quality(&codes)),
            Just(cmep::quality("R0").expect("a flag")),
            Just(iec::quality(&["1.4.9".parse().expect("a code"), "3.8.1002".parse().expect("a code")])),
        ]
    }

    fn run() -> impl Strategy<Value = IntervalRun> {
        let value = prop_oneof![4 => -99_999_i64..99_999, 1 => Just(IntervalRun::MISSING)];
        let length = prop_oneof![Just(300_u32), Just(900), Just(3600), Just(7)];
        (0_i64..2_000_000, length, proptest::collection::vec((value, quality()), 1..20), -4_i8..=0).prop_map(
            |(start, length_seconds, values, exponent)| {
                let spans = values.iter().zip(0..).filter(|((_, quality), _)| *quality != Quality::default());
                let span = |((_, quality), from): (&(i64, Quality), u32)| QualitySpan {
                    from,
                    to: from + 1,
                    quality: quality.clone(),
                };
                IntervalRun {
                    start: Timestamp::from_second(1_700_000_000 + start).expect("in range"),
                    length_seconds,
                    values: values.iter().map(|(value, _)| *value).collect(),
                    exponent,
                    qualities: spans.map(span).collect(),
                }
            },
        )
    }

    fn reads() -> impl Strategy<Value = Vec<RegisterRead>> {
        let value = proptest::option::of((0_i64..999_999, -3_i8..=0));
        let read = (0_i64..2_000_000, proptest::option::of(1_i64..100_000), value, quality());
        let read = read.prop_map(|(at, period, value, quality)| {
            let at = 1_700_000_000 + at;
            let second = |second| Timestamp::from_second(second).expect("in range");
            RegisterRead {
                at: second(at),
                period_start: period.map(|period| second(at - period)),
                value: value.map(|(digits, exponent)| Decimal::new(digits, exponent)),
                quality,
            }
        });
        proptest::collection::vec(read, 1..8)
    }

    /// A piece of a channel.
    pub fn piece() -> impl Strategy<Value = ChannelReadings> {
        let types =
            prop_oneof![Just("0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"), Just("0.0.2.4.19.1.12.0.0.0.0.0.0.0.0.0.72.0"),];
        // A delta without a period would be read as the amount of its interval.
        let register = Just("0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0");
        let values =
            prop_oneof![(types, run().prop_map(Values::Intervals)), (register, reads().prop_map(Values::Registers))];
        let unit = prop_oneof![Just("kWh"), Just("KWH"), Just("Wh")];
        let owners = prop_oneof![
            (name(), proptest::option::of(name())).prop_map(|(usage_point, meter)| (Some(usage_point), meter)),
            name().prop_map(|meter| (None, Some(meter))),
        ];
        let suffix = prop_oneof![Just(""), Just("E1"), Just("<B>2")];
        let revision = proptest::option::of(Just(Timestamp::from_second(1_700_000_001).expect("in range")));
        (owners, suffix, unit, values, revision).prop_map(
            |((usage_point, meter), suffix, unit, (reading_type, values), revision)| ChannelReadings {
                channel: ChannelKey {
                    usage_point,
                    meter,
                    suffix: suffix.into(),
                    reading_type: reading_type.parse().expect("a type"),
                },
                unit: unit.into(),
                values,
                revision,
                line: 0,
            },
        )
    }
}

/// One value with everything said of it, so that runs may be cut anywhere.
type Statement = (String, Option<i64>, i64, Option<model::quantity::Decimal>, model::quality::Quality);

fn statements(pieces: &[ChannelReadings]) -> Vec<Statement> {
    let mut statements = Vec::new();
    for piece in pieces {
        let channel = format!("{:?} {} {:?}", piece.channel, piece.unit, piece.revision);
        match &piece.values {
            Values::Registers(reads) => statements.extend(reads.iter().map(|read| {
                let start = read.period_start.map(jiff::Timestamp::as_second);
                (format!("{channel} read"), start, read.at.as_second(), read.value, read.quality.clone())
            })),
            Values::Intervals(run) => {
                for (at, digits) in run.values.iter().enumerate() {
                    let length = i64::from(run.length_seconds);
                    let start = run.start.as_second() + length * i64::try_from(at).expect("small");
                    let span = run.qualities.iter().find(|span| span.from as usize <= at && at < span.to as usize);
                    let quality = span.map(|span| span.quality.clone()).unwrap_or_default();
                    let value =
                        (*digits != IntervalRun::MISSING).then(|| model::quantity::Decimal::new(*digits, run.exponent));
                    statements.push((channel.clone(), Some(start), start + length, value, quality));
                }
            }
        }
    }
    statements
}

fn written(pieces: &[ChannelReadings]) -> String {
    let header = MessageHeader { verb: "created".into(), id: "m1".into(), ..MessageHeader::default() };
    let mut out = Vec::new();
    write_meter_readings(&header, pieces, &mut out);
    String::from_utf8(out).expect("UTF-8")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read_back_whole(pieces in proptest::collection::vec(generated::piece(), 1..4)) {
        let document = written(&pieces);
        let told = run(CimReader::new(&Options::default()), document.as_bytes(), 997);
        prop_assert_eq!((&told.refused, &told.findings), (&None, &vec![]), "{}", document);
        prop_assert_eq!(statements(&told.readings), statements(&pieces), "{}", document);
    }

    /// The pull parser is the referee, also of documents that someone damaged.
    #[test]
    fn the_scanner_tells_what_the_pull_parser_tells(
        pieces in proptest::collection::vec(generated::piece(), 1..3),
        indented in any::<bool>(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), damage()), 0..3),
        piece_bytes in 1_usize..3000,
    ) {
        let mut document = written(&pieces);
        if indented {
            document = document.replace("><", ">\n  <");
        }
        let mut bytes = document.into_bytes();
        for (at, text) in damage {
            let at = at.index(bytes.len());
            let to = (at + text.len()).min(bytes.len());
            bytes.splice(at..to, text.bytes());
        }
        let referee = run(CimReader::without_scanner(&Options::default()), &bytes, usize::MAX);
        let told = run(CimReader::new(&Options::default()), &bytes, piece_bytes);
        prop_assert_eq!(told, referee, "{}", String::from_utf8_lossy(&bytes));
    }
}

/// What may go wrong in a document, byte for byte in place of others.
fn damage() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-zTZ:.+<>/&\" \n-]{1,3}",
        Just("<value>1</value>".to_owned()),
        Just("<!-- c -->".to_owned()),
        Just("<v:x xmlns:v='u'/>".to_owned()),
        Just("&#49;".to_owned()),
        Just("\u{e9}".to_owned()),
        Just("\u{1}".to_owned()),
    ]
}

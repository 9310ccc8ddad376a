//! A value that is missing, as the market writes it.

use formats::nem12::Writer;
use model::id::Name;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, Values};

/// Half-hours from midnight of market time.
fn readings(values: Vec<i64>) -> ChannelReadings {
    let run = IntervalRun {
        start: "2005-03-27T14:00:00Z".parse().expect("an instant"),
        length_seconds: 1800,
        values,
        exponent: 0,
        qualities: Vec::new(),
    };
    ChannelReadings {
        channel: ChannelKey {
            usage_point: Some(Name::new("NMI", "NEM1210184")),
            meter: None,
            suffix: "E1".into(),
            reading_type: "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        },
        unit: "kWh".into(),
        values: Values::Intervals(run),
        revision: None,
        line: 0,
    }
}

fn written(values: Vec<i64>) -> Vec<String> {
    let mut writer = Writer::new("A", "", "2005-05-15T05:07:00Z".parse().expect("an instant"));
    writer.write(&readings(values)).expect("it fits the format");
    writer.finish();
    let text = String::from_utf8(writer.take()).expect("UTF-8");
    text.lines().filter(|line| line.starts_with(['3', '4'])).map(str::to_owned).collect()
}

/// The example file of scenario 10 that the market operator published (ENERGEXM, 15 May 2005) has the day 28 March 2005 so:
/// 24 values, 24 times `0`, `V`, `400,1,24,A,,`, `400,25,48,N,,`. Reason 85 is "data missing alarm".
#[test]
fn a_missing_value_is_zero_under_n() {
    let values = [&[7; 24][..], &[IntervalRun::MISSING; 24]].concat();
    let day = format!("300,20050328{}{},V,,,,", ",7".repeat(24), ",0".repeat(24));
    assert_eq!(written(values), [&day, "400,1,24,A,,", "400,25,48,N,85,"]);
    // What a file says nothing of is missing too, for a day has all its values.
    assert_eq!(written(vec![7; 24]), [&day, "400,1,24,A,,", "400,25,48,N,85,"]);
    let nothing = format!("300,20050328{},N,85,,,", ",0".repeat(48));
    assert_eq!(written(vec![IntervalRun::MISSING; 48]), [nothing]);
}

//! One day of one account, with everything that may be wrong with it.
//!
//! Wednesday 14 January 2026 in Toronto: off-peak to 07:00, on-peak to 11:00, mid-peak to 17:00, on-peak to 19:00,
//! off-peak to midnight.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use usage::series::Reference;
use usage::{Account, Cycle, Role};

use crate::notation::{Readings, TORONTO, checked_set, days, instant, timeline, with_account, written};

const HOUR: u32 = 3600;

/// Total and on-peak usage of one channel, delivered whatever the gate says.
const USAGE: &str = r#"
    name = "usage"
    version = 1
    gate = { on_exception = "deliver", missing = 100, not_validated = 100 }
    meters = [{ name = "site", unit = "kWh", terms = [{ channel = "a", sign = "plus" }] }]
    determinants = [
        { id = "all", unit = "kWh", meter = "site", measure = "usage" },
        { id = "on", unit = "kWh", meter = "site", measure = "usage", bucket = "on-peak" },
    ]
"#;

fn midnight() -> Timestamp {
    instant("2026-01-14T05:00:00Z")
}

fn delivered() -> Readings {
    Readings::of("a", "kWh", -1)
}

/// Quantities and their intervals, or the codes of what stands in the way.
#[track_caller]
fn check(case: &str, set: &str, readings: &[Readings], expected: &str) {
    let set = checked_set(set);
    let cycle = Cycle::new(Role::Repository, &set, &timeline(days(TORONTO, "2026-01-14", "2026-01-15")), &[])
        .expect("the cycle");
    let found = with_account(readings, |account| match cycle.determinants(account) {
        Ok(_) => shortened(&written(&cycle.determinants(account), &TimeZone::get(TORONTO).expect("zone"))),
        Err(findings) => findings.iter().map(|finding| finding.code.to_string()).collect::<Vec<_>>().join("; "),
    });
    assert_eq!(found, expected, "{case}");
}

/// `id quantity unit (intervals)` of each line.
fn shortened(lines: &str) -> String {
    let short = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        format!("{} {} ({})", cells[0], cells[3], cells[5])
    };
    lines.lines().map(short).collect::<Vec<_>>().join("; ")
}

#[test]
fn intervals_of_any_shape_are_added_once() {
    // On-peak are the hours 07 to 10 and 17 and 18: 4 x 1.0 + 2 x 2.0 = 8.0; all 17 x 1.0 + 7 x 2.0 = 31.0.
    let expected = "all 31.0 kWh (24); on 8.0 kWh (6)";
    let day = delivered().run(midnight(), HOUR, "17x1.0 7x2.0");
    check("one run", USAGE, &[day], expected);
    let two = delivered().run(midnight(), HOUR, "9x1.0").run(instant("2026-01-14T14:00:00Z"), HOUR, "8x1.0 7x2.0");
    check("two runs", USAGE, &[two], expected);
    let longer = delivered().run(instant("2026-01-14T03:00:00Z"), HOUR, "2x9.9 17x1.0 7x2.0 3x9.9");
    check("more than the period", USAGE, &[longer], expected);
    let changed = delivered().run(midnight(), HOUR, "8x1.0").run(instant("2026-01-14T13:00:00Z"), 900, "36x0.2 28x0.5");
    // The length changes to 15 min at 08:00: 8.0 + 7.2 + 14.0; on-peak 1.0 + 12 x 0.2 + 8 x 0.5 of 1 + 12 + 8.
    check("the length changes", USAGE, &[changed], "all 29.2 kWh (72); on 7.4 kWh (21)");
    let negative = delivered().run(midnight(), HOUR, "7x-1.0 17x0.5");
    check("negative values", USAGE, &[negative], "all 1.5 kWh (24); on 3.0 kWh (6)");
}

#[test]
fn what_is_missing_is_counted_and_never_made_up() {
    let holes = delivered().run(midnight(), HOUR, "7x1.0 2x_ 8x1.0 7x2.0");
    check("holes in a run", USAGE, &[holes], "all 29.0 kWh (24 2 missing); on 6.0 kWh (6 2 missing)");
    let between = delivered().run(midnight(), HOUR, "7x1.0").run(instant("2026-01-14T14:00:00Z"), HOUR, "8x1.0 7x2.0");
    check("a hole between runs", USAGE, &[between], "all 29.0 kWh (24 2 missing); on 6.0 kWh (6 2 missing)");
    let ends = delivered().run(instant("2026-01-14T12:00:00Z"), HOUR, "10x1.0");
    check("both ends", USAGE, &[ends], "all 10.0 kWh (24 14 missing); on 4.0 kWh (6 2 missing)");
    check("nothing at all", USAGE, &[delivered()], "usage.no_intervals");
    let empty = delivered().run(midnight(), HOUR, "");
    check("an empty run", USAGE, &[empty], "usage.no_intervals");
    let tomorrow = delivered().run(instant("2026-01-15T05:00:00Z"), HOUR, "24x1.0");
    check("another day", USAGE, &[tomorrow], "usage.no_intervals");
    check("no channel", USAGE, &[], "usage.no_channel");
    let all_missing = delivered().run(midnight(), HOUR, "24x_");
    check("all missing", USAGE, &[all_missing], "all 0.0 kWh (24 24 missing); on 0.0 kWh (6 6 missing)");
}

#[test]
fn input_that_contradicts_itself_is_refused() {
    let overlap = delivered().run(midnight(), HOUR, "10x1.0").run(instant("2026-01-14T14:00:00Z"), HOUR, "15x1.0");
    check("overlapping runs", USAGE, &[overlap], "usage.overlap");
    let early = delivered().run(instant("2026-01-14T04:30:00Z"), HOUR, "25x1.0");
    check("across the beginning", USAGE, &[early], "usage.interval_edge");
    let odd = delivered().run(midnight(), HOUR, "4x1.0").run(instant("2026-01-14T09:30:00Z"), HOUR, "19x1.0");
    check("a hole of half an hour", USAGE, &[odd], "usage.interval_edge");
    let no_length = delivered().run(midnight(), 0, "24x1.0");
    check("no length", USAGE, &[no_length], "usage.interval_edge");
    let other_unit = Readings::of("a", "Wh", 0).run(midnight(), HOUR, "24x1");
    check("another unit", USAGE, &[other_unit], "usage.unit");
}

#[test]
fn an_interval_across_an_edge_is_refused_or_split_by_seconds() {
    // Two-hour intervals from midnight: the edges at 07:00, 11:00, 17:00 and 19:00 all lie inside one.
    let day = || delivered().run(midnight(), 2 * HOUR, "3x2.0 2.1 4x4.0 6.0 5.0 2x1.0");
    check("refused", USAGE, &[day()], "usage.across_edge");
    // 2.1 from 06:00: 10.5 quanta each, until 07:00 rounded to 10, so 1.1 after it. 4.0 from 08:00, half of 4.0 from 10:00;
    // half of 6.0 from 16:00, half of 5.0 from 18:00: 1.1 + 4.0 + 2.0 + 3.0 + 2.5 = 12.6. Counted where they begin:
    // 08:00, 10:00 and 18:00.
    let split = USAGE.replace("version = 1", "version = 1\nacross_edge = \"split\"");
    check("split", &split, &[day()], "all 37.1 kWh (12); on 12.6 kWh (3)");
}

#[test]
fn every_use_decides_about_assumed_meter_time() {
    // covers: AMT-FUP-04
    let day = || delivered().run(midnight(), HOUR, "8x1.0 2x3.0t 14x1.0");
    check("not estimated yet", USAGE, &[day()], "usage.assumed_time");
    let accept = USAGE.replace("version = 1", "version = 1\nassumed_time = \"accept\"");
    check("accepted", &accept, &[day()], "all 28.0 kWh (24); on 10.0 kWh (6)");
    let exclude = USAGE.replace("version = 1", "version = 1\nassumed_time = \"exclude\"");
    check("excluded", &exclude, &[day()], "all 22.0 kWh (24 2 missing); on 4.0 kWh (6 2 missing)");
    let zeroed = || delivered().run(midnight(), HOUR, "8x1.0 2x0.0z 14x1.0");
    check("zero-filled", USAGE, &[zeroed()], "all 22.0 kWh (24 2 estimated); on 4.0 kWh (6 2 estimated)");
    check(
        "excluded, whatever stands there",
        &exclude,
        &[zeroed()],
        "all 22.0 kWh (24 2 missing); on 4.0 kWh (6 2 missing)",
    );
    let taken = delivered().run(midnight(), HOUR, "8x1.0 2x3.0k 14x1.0");
    check("accepted by a person", USAGE, &[taken], "all 28.0 kWh (24 2 accepted); on 10.0 kWh (6 2 accepted)");
    let edited = delivered().run(midnight(), HOUR, "8x1.0 2x2.0d 14x1.0");
    check("edited", USAGE, &[edited], "all 26.0 kWh (24 2 edited); on 8.0 kWh (6 2 edited)");
}

const SUM: &str = r#"
    name = "sum"
    version = 1
    gate = { on_exception = "deliver" }
    meters = [{ name = "site", unit = "kWh", terms = [
        { channel = "a", sign = "plus" }, { channel = "b", sign = "minus" }, { channel = "c", sign = "plus" },
    ] }]
    determinants = [{ id = "all", unit = "kWh", meter = "site", measure = "usage" }]
"#;

#[test]
fn virtual_meters_keep_every_doubt_of_their_channels() {
    let channel = |name: &str, cells: &str| Readings::of(name, "kWh", -1).run(midnight(), HOUR, cells);
    let sum = |a: &str, b: &str, c: &str| [channel("a", a), channel("b", b), channel("c", c)];
    check("a - b + c", SUM, &sum("24x3.0", "24x1.0", "24x0.5"), "all 60.0 kWh (24)");
    check(
        "missing in one is missing",
        SUM,
        &sum("24x3.0", "5x_ 19x1.0", "3x0.5 4x_ 17x0.5"),
        "all 42.5 kWh (24 7 missing)",
    );
    check(
        "doubts add up",
        SUM,
        &sum("2x3.0e 22x3.0", "24x1.0", "0.5 3x0.5e 20x0.5f"),
        "all 60.0 kWh (24 4 estimated 20 failed 20 not validated)",
    );
    let finer = Readings::of("c", "kWh", -3).run(midnight(), HOUR, "24x0.125");
    check("quanta differ", SUM, &[channel("a", "24x3.0"), channel("b", "24x1.0"), finer], "all 51.000 kWh (24)");
    let quarters = Readings::of("c", "kWh", -1).run(midnight(), 900, "96x0.1");
    check("lengths differ", SUM, &[channel("a", "24x3.0"), channel("b", "24x1.0"), quarters], "usage.interval_length");
    let late = Readings::of("c", "kWh", -1).run(instant("2026-01-14T12:00:00Z"), HOUR, "17x0.5");
    check(
        "one begins late",
        SUM,
        &[channel("a", "24x3.0"), channel("b", "24x1.0"), late],
        "all 42.5 kWh (24 7 missing)",
    );
}

const DEMAND: &str = r#"
    name = "demand"
    version = 1
    gate = { on_exception = "deliver" }
    meters = [{ name = "site", unit = "kWh", terms = [{ channel = "a", sign = "plus" }] }]
    determinants = [
        { id = "block", unit = "kW", meter = "site", measure = { demand = { minutes = 30, windows = "block" } } },
        { id = "slide", unit = "kW", meter = "site", measure = { demand = { minutes = 30, windows = "sliding" } } },
        { id = "on", unit = "kW", meter = "site", measure = { demand = { minutes = 30, windows = "sliding" } }, bucket = "on-peak" },
    ]
"#;

#[test]
fn demand_is_the_largest_complete_window() {
    // covers: GLO-05
    // Quarter-hours of 0.1; 1.0 at 10:45 and 11:00, across the edge of on- and mid-peak. Block 1.1 in half an hour: 2.2 kW.
    let day = delivered().run(midnight(), 900, "43x0.1 2x1.0 51x0.1");
    check("across an edge", DEMAND, &[day], "block 2.2 kW (96); slide 4.0 kW (96); on 2.2 kW (24)");
    // The 1.0 at 11:00 is missing: neither window with it counts.
    let gap = delivered().run(midnight(), 900, "43x0.1 1.0 _ 51x0.1");
    check("beside a gap", DEMAND, &[gap], "block 2.2 kW (96 1 missing); slide 2.2 kW (96 1 missing); on 2.2 kW (24)");
    let hours = delivered().run(midnight(), HOUR, "24x1.0");
    check("intervals longer than windows", DEMAND, &[hours], "usage.window");
    let none = delivered().run(midnight(), 900, "96x_");
    check("no complete window", DEMAND, &[none], "usage.no_window; usage.no_window; usage.no_window");
    let halves = delivered().run(midnight(), 900, "48x0.1").run(instant("2026-01-14T17:00:00Z"), 1800, "24x0.3");
    check("the length changes", DEMAND, &[halves], "block 0.6 kW (72); slide 0.6 kW (72); on 0.6 kW (20)");
}

#[test]
fn a_vacant_house_and_a_bucket_without_time_are_billed_as_nothing() {
    let set = r#"
        name = "nothing"
        version = 1
        meters = [
            { name = "site", unit = "kWh", terms = [{ channel = "a", sign = "plus" }] },
            { name = "reactive", unit = "kVArh", terms = [{ channel = "r", sign = "plus" }] },
        ]
        determinants = [
            { id = "kw", unit = "kW", meter = "site", measure = { demand = { minutes = 60, windows = "block" } }, bucket = "critical-peak" },
            { id = "pf", unit = "pf", meter = "site", measure = { power-factor = { reactive = "reactive" } } },
            { id = "lf", unit = "1", meter = "site", measure = { load-factor = { minutes = 60, windows = "block" } } },
        ]
    "#;
    let reactive = Readings::of("r", "kVArh", -1).run(midnight(), HOUR, "24x0");
    let vacant = [delivered().run(midnight(), HOUR, "24x0"), reactive.clone()];
    check("vacant", set, &vacant, "kw 0.0 kW (0); pf 1.0000 pf (48); lf 0.0000 1 (24)");
    let sent = [delivered().run(midnight(), HOUR, "24x-1.0"), reactive];
    check("only received", set, &sent, "usage.no_factor; usage.no_factor");
}

#[test]
fn registers_roll_over_are_exchanged_and_must_be_read() {
    // covers: AMT-FUP-01
    let register = |multiplier: &str, reads: &str| delivered().register("M1", multiplier, 5, reads);
    let (start, noon, end) = ("2026-01-14T05:00:00Z", "2026-01-14T17:00:00Z", "2026-01-15T05:00:00Z");
    check_register("two reads", &[register("1", &format!("{start} 100.5; {end} 130"))], "kwh 29.5 kWh (1)");
    let assumed = register("1", &format!("{start} 100.5; {end} 130")).run(midnight(), HOUR, "24x9.9t");
    check_register("intervals of assumed time beside it", &[assumed], "kwh 29.5 kWh (1)");
    check_register("a read between", &[register("1", &format!("{start} 1; {noon} 5; {end} 30"))], "kwh 29 kWh (2)");
    check_register(
        "a missing read",
        &[register("1", &format!("{start} 1; {noon} _; {end} 30e"))],
        "kwh 29 kWh (2 1 missing 1 estimated)",
    );
    check_register("rolled over", &[register("0.1", &format!("{start} 99990; {end} 20"))], "kwh 3.0 kWh (1)");
    check_register("fell", &[register("1", &format!("{start} 50000; {end} 20"))], "usage.register_fell");
    check_register("not at the end", &[register("1", &format!("{start} 1; {noon} 5"))], "usage.no_read");
    check_register("begins before", &[register("1", &format!("2026-01-13T05:00:00Z 1; {end} 5"))], "usage.no_read");
    check_register("no reads", &[delivered()], "usage.no_read");
    check_register("out of order", &[register("1", &format!("{end} 1; {start} 5"))], "usage.overlap");
    let exchanged = register("1", &format!("{start} 100; {noon} 110"));
    let both = exchanged.clone().register("M2", "40", 6, &format!("{noon} 0; {end} 0.5"));
    check_register("multiplier changed", &[both], "kwh 30.0 kWh (2)");
    let unread = exchanged.register("M2", "40", 6, &format!("2026-01-14T18:00:00Z 0; {end} 0.5"));
    check_register("an hour between the meters", &[unread], "usage.no_read");
}

#[track_caller]
fn check_register(case: &str, readings: &[Readings], expected: &str) {
    let set = r#"
        name = "register"
        version = 1
        gate = { on_exception = "deliver" }
        meters = [{ name = "site", unit = "kWh", terms = [{ channel = "a", sign = "plus" }] }]
        determinants = [{ id = "kwh", unit = "kWh", meter = "site", measure = "register" }]
    "#;
    check(case, set, readings, expected);
}

#[test]
fn a_value_says_what_it_rests_on() {
    // covers: B1-S17.03
    let set = checked_set(USAGE);
    let cycle = Cycle::new(Role::Repository, &set, &timeline(days(TORONTO, "2026-01-14", "2026-01-15")), &[])
        .expect("the cycle");
    let hashes_of = |readings: Readings| {
        let readings = [readings];
        with_account(&readings, |account| {
            let determinants = cycle.determinants(account).expect("determinants");
            assert!(determinants.iter().all(|one| one.channels == ["a"] && one.version == 1 && one.set == "usage"));
            let text = serde_json::to_string(&determinants).expect("JSON");
            assert_eq!(serde_json::from_str::<Vec<usage::Determinant>>(&text).expect("determinants"), determinants);
            (determinants[0].inputs_hash, determinants[1].inputs_hash)
        })
    };
    let hashes = |cells: &str| hashes_of(delivered().run(midnight(), HOUR, cells));
    let before = hashes("24x1.0");
    let in_two_runs = delivered().run(midnight(), HOUR, "8x1.0").run(instant("2026-01-14T13:00:00Z"), HOUR, "16x1.0");
    assert_eq!(hashes_of(in_two_runs), before);
    let night = hashes("2.0 23x1.0");
    assert_ne!(night.0, before.0);
    assert_eq!(night.1, before.1, "on-peak does not rest on the night");
    assert_ne!(hashes("8x1.0 1.0e 15x1.0").1, before.1, "a status is an input as well");
    assert_ne!(hashes("8x1.0 1.0e 15x1.0").1, hashes("8x1.0 2x1.0e 14x1.0").1, "and so is how far it reaches");
}

#[test]
fn without_an_earlier_quantity_v74_says_so() {
    let high_low = "high_low = { against = [\"previous\"], above_percent = 10, below_percent = 10 }";
    let set = checked_set(&USAGE.replace("id = \"all\"", &format!("{high_low}, id = \"all\"")));
    let cycle = Cycle::new(Role::Repository, &set, &timeline(days(TORONTO, "2026-01-14", "2026-01-15")), &[])
        .expect("the cycle");
    let readings = [delivered().run(midnight(), HOUR, "24x1.0")];
    let of = |references: &[Reference<'_>]| {
        let answer = with_account(&readings, |account| cycle.determinants(&Account { references, ..*account }));
        answer.expect("determinants").swap_remove(0)
    };
    assert_eq!(of(&[]).notes, ["V74 not applicable: no earlier quantity is known"]);
    let reference = Reference {
        determinant: "all",
        of: usage::series::Earlier::Previous,
        quantity: "20".parse().expect("decimal"),
        seconds: 86_400,
    };
    assert_eq!(of(&[reference]).exceptions.len(), 1);
}

//! The formula language, from outside: truth tables by `explain`, findings by columns.

use model::quality::{Status, iee};
use proptest::prelude::*;
use vee::context::{Companion, Role};
use vee::formula::{CountScope, DEPTH_MAX, Explanation, Formula, LENGTH_MAX, Library, NamedFormula, explain};
use vee::{Context, Day, MISSING};

use crate::notation::{Series, context};

/// The value of a formula at a slot, in words.
fn value(text: &str, cells: &str, slot: u16) -> String {
    let series = Series::read(cells, -3);
    worth(text, &series.ordinary_day(3600), &context(-3), slot, CountScope::Interval).value
}

fn worth(text: &str, day: &Day<'_>, context: &Context<'_>, slot: u16, scope: CountScope) -> Explanation {
    let formula = Formula::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    explain(&formula, day, context, slot, scope)
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(value(text, "1 2 3 4", 1), expected, "{text}");
}

// covers: AMT-FRM-01, AMT-BKG-01
#[test]
fn choices_nest() {
    check("@if(1, 5, 6)", "5");
    check("@if(0, 5, 6)", "6");
    check("@if($input = 2, @if($input > 1, @if($input < 3, 7, 8), 9), 10)", "7");
    check("@if($input = 2, @if($input > 1, @if($input < 2, 7, 8), 9), 10)", "8");
    check("@if($input = 2, @if($input > 2, @if($input < 3, 7, 8), 9), 10)", "9");
    check("@if($input = 1, @if($input > 1, @if($input < 3, 7, 8), 9), 10)", "10");
    check("@max(@if($input > 2, $input, 0))", "4");
    check("@sum(@if(1, $input, $input))", "10");
    check("@avg(5)", "5");
}

// covers: AMT-FRM-04
#[test]
fn truths_are_one_or_zero() {
    for (left, right) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let truth = |holds: bool| if holds { "1" } else { "0" };
        let (l, r) = (left == 1, right == 1);
        check(&format!("0 + ({left} AND {right})"), truth(l && r));
        check(&format!("0 + ({left} OR {right})"), truth(l || r));
        check(&format!("0 + (NOT {left})"), truth(!l));
        check(&format!("0 + ({left} = {right})"), truth(l == r));
        check(&format!("0 + ({left} <> {right})"), truth(l != r));
        check(&format!("0 + ({left} < {right})"), truth(left < right));
        check(&format!("0 + ({left} <= {right})"), truth(left <= right));
        check(&format!("0 + ({left} > {right})"), truth(left > right));
        check(&format!("0 + ({left} >= {right})"), truth(left >= right));
    }
    check("1 = 2 OR 2 = 2 AND NOT 1 = 1", "false");
    check("NOT 1 = 2 AND 1", "true");
}

#[test]
fn arithmetic_is_exact() {
    check("1 + 2 * 3", "7");
    check("(1 + 2) * 3", "9");
    check("10 - 2 - 3", "5");
    check("12 / 3 / 2", "2");
    check("-2 * -3", "6");
    check("0.1 + 0.2 = 0.3", "true");
    check("1 / 3 * 3 = 1", "true");
    check("1 / 3", "about 0.333333");
    check("$input / 4", "0.5");
    check("1 / ($input - 2)", "division by zero in `(1 / ($input - 2))`");
    check("0 AND 1 / ($input - 2)", "false");
    check(
        "999999999999999999 * 999999999999999999 * 999999999999999999",
        "the numbers of `((999999999999999999 * 999999999999999999) * 999999999999999999)` are too large to calculate exactly",
    );
}

/// 2, 4, 4, 4, 5, 5, 7, 9: the mean is 5, the variance 32/8, the deviation 2; distances from the median
/// 4.5 are 2.5, 0.5, 0.5, 0.5, 0.5, 0.5, 2.5, 4.5 and their median is 0.5.
#[test]
fn statistics_of_a_day() {
    let cells = "2 4 4 4 5 5 7 9";
    for (function, expected) in [
        ("sum", "40"),
        ("min", "2"),
        ("max", "9"),
        ("avg", "5"),
        ("median", "4.5"),
        ("sd", "2"),
        ("mad", "0.5"),
        ("count", "8"),
        ("zerocount", "0"),
        ("outagecount", "0"),
    ] {
        assert_eq!(value(&format!("@{function}($input)"), cells, 0), expected, "{function}");
    }
    // The variance of 0, 0, 1 is 2/9: a third of the root of 2, rounded down to a millionth of 0.001.
    assert_eq!(value("@sd($input)", "0 0 1", 0), "0.47140452");
    assert_eq!(value("@zerocount($input) + @outagecount($input)", "0 0 1o", 0), "3");
    assert_eq!(value("@median($input)", "3 1 2", 0), "2");
    assert_eq!(value("@avg($input)", "_ _", 0), "no value");
    assert_eq!(value("@sum(@status($input \\OR, POWER, CLOCK))", "1o 1 1o", 1), "2");
}

// covers: AMT-BKG-05
#[test]
fn empty_is_left_out_of_statistics_and_missing_is_not() {
    let mut series = Series::read("4 _ 0 8", -3);
    series.statuses[2] = Status::MISSING;
    let day = series.ordinary_day(3600);
    let value = |text: &str| worth(text, &day, &context(-3), 0, CountScope::Interval).value;
    assert_eq!((value("@count($input)"), value("@avg($input)")), ("3".into(), "4".into()));
    series.statuses[2] = Status::NONE;
    series.values[2] = MISSING;
    let day = series.ordinary_day(3600);
    let value = |text: &str| worth(text, &day, &context(-3), 0, CountScope::Interval).value;
    assert_eq!((value("@count($input)"), value("@avg($input)")), ("2".into(), "6".into()));
}

#[test]
fn a_gap_has_no_result_unless_it_does_not_matter() {
    for (text, expected) in [
        ("$input", "no value"),
        ("$input > 1", "no value"),
        ("0 AND $input > 1", "false"),
        ("$input > 1 AND 0", "false"),
        ("$input > 1 OR 1", "true"),
        ("$input > 1 OR 0", "no value"),
        ("@if($input, 1, 2)", "no value"),
        ("@status($input, MISSING)", "false"),
    ] {
        assert_eq!(value(text, "1 _ 1", 1), expected, "{text}");
    }
}

// covers: AMT-FRM-02
#[test]
fn status_asks_for_all_or_any() {
    let cells = "1 1 1";
    let mut series = Series::read(cells, -3);
    series.statuses[1] = Status::CLOCK_ERROR;
    series.statuses[2] = Status::CLOCK_ERROR | Status::POWER_FAILURE;
    let day = series.ordinary_day(3600);
    let value = |text: &str, slot| worth(text, &day, &context(-3), slot, CountScope::Interval).value;
    for (text, expected) in [
        ("@status($input \\AND, CLOCK, POWER)", ["false", "false", "true"]),
        ("@status($input, CLOCK, POWER)", ["false", "false", "true"]),
        ("@status($input \\OR, CLOCK, POWER)", ["false", "true", "true"]),
        ("@status($input \\AND, CLOCK)", ["false", "true", "true"]),
        ("@status(@if(1, $input, $input), CLOCK)", ["false", "true", "true"]),
    ] {
        assert_eq!([0, 1, 2].map(|slot| value(text, slot)), expected, "{text}");
    }
}

// covers: AMT-FRM-03
#[test]
fn status_count_counts_the_interval_or_the_block() {
    let mut series = Series::read("1 1 1", -3);
    for (marked, [at_first, at_last, block]) in [(0, ["0", "0", "0"]), (1, ["1", "0", "1"]), (3, ["1", "1", "3"])] {
        for slot in 0..3 {
            series.statuses[slot] = if slot < marked { Status::ASSUMED_TIME } else { Status::NONE };
        }
        let day = series.ordinary_day(3600);
        let count = |slot, scope| worth("@statuscount($input \\AMT)", &day, &context(-3), slot, scope).value;
        assert_eq!([count(0, CountScope::Interval), count(2, CountScope::Interval)], [at_first, at_last]);
        assert_eq!(count(1, CountScope::Block), block);
    }
}

#[test]
fn long_and_short_names_of_statuses_are_the_same() {
    for (long, short) in [("ESTNEEDED", "ESN"), ("ESTIMATED", "EST"), ("\"TIME ADJUSTED\"", "TIMEADJUSTED")] {
        let status = |name: &str| iee::status(name.trim_matches('"'));
        assert!(status(long).is_some() && status(long) == status(short), "{long} {short}");
        Formula::parse(&format!("@status($input, {long}, {short})")).expect("both names");
    }
}

#[test]
fn companions_are_read_by_label_or_role() {
    let (series, other) = (Series::read("1 2", -3), Series::read("10 20o", 0));
    let day = series.ordinary_day(3600);
    let companion = |slot_seconds| Companion {
        role: Role::Check,
        label: "main house",
        unit: "kWh",
        exponent: 0,
        day: other.ordinary_day(slot_seconds),
    };
    let companions = [companion(3600)];
    let with = Context { companions: &companions, ..context(-3) };
    let value = |text: &str, context: &Context<'_>| worth(text, &day, context, 1, CountScope::Interval).value;
    assert_eq!(value("$check / $input", &with), "10");
    assert_eq!(value("$\"main house\" - @avg($\"main house\")", &with), "5");
    assert_eq!(value("@status($check, POWER)", &with), "true");
    assert_eq!(value("$scada", &with), "the day has no channel `scada`");
    let companions = [companion(900)];
    let with = Context { companions: &companions, ..context(-3) };
    assert_eq!(value("$check", &with), "the intervals of channel `check` last 15 min, those of the day 1 h");
}

#[test]
fn history_is_the_stored_days_without_the_day_itself() {
    let (series, past) = (Series::read("1 2", -3), Series::read("5 7o", -3));
    let day = series.ordinary_day(3600);
    let history = [past.day("2026-01-12", "2026-01-12T06:00:00Z", 3600), day];
    let with = Context { history: &history, ..context(-3) };
    let value = |text: &str| worth(text, &day, &with, 0, CountScope::Interval).value;
    assert_eq!(value("@avg($history)"), "6");
    assert_eq!(value("@count($history) + @outagecount($history)"), "3");
}

// covers: AMT-FRM-05
#[test]
fn an_explanation_tells_every_part() {
    let series = Series::read("1 2 6", -3);
    let day = series.ordinary_day(3600);
    let told = worth("@if($input > @avg($input), 1, 0)", &day, &context(-3), 2, CountScope::Interval);
    assert_eq!((told.part.as_str(), told.value.as_str()), ("@if(($input > @avg($input)), 1, 0)", "1"));
    let condition = &told.parts[0];
    assert_eq!((condition.value.as_str(), condition.words.as_str()), ("true", "whether > holds"));
    let told: Vec<(&str, &str)> =
        condition.parts.iter().map(|part| (part.words.as_str(), part.value.as_str())).collect();
    assert_eq!(told, [("the value under validation", "6"), ("the mean over the period", "3")]);
}

#[test]
fn a_wrong_text_is_told_by_column() {
    for (text, column, expected, found) in [
        ("", 1, "a number, a channel, a function or `(`", "the end of the formula"),
        ("1 +", 4, "a number, a channel, a function or `(`", "the end of the formula"),
        ("@if(1, 2)", 9, "`,`", "`)`"),
        ("@loop(1)", 1, "one of @if, @status", "@loop"),
        ("@status($input \\NOT, CLOCK)", 16, "\\AND or \\OR", "\\NOT"),
        ("@status($input, CLOK)", 17, "a status such as CLOCK", "CLOK"),
        ("@status(1, CLOCK)", 9, "a channel", "1"),
        ("1 2", 3, "an operator or the end", "2"),
        ("1 < 2 < 3", 7, "an operator or the end", "`<`"),
        ("1.2.3", 1, "a number of at most 18 digits", "1.2.3"),
        ("é", 1, "a number, a channel", "é"),
        ("$history", 1, "$history only as", "$history"),
        ("$\"open", 2, "a closing quote", "the end of the formula"),
        ("1 + ö", 5, "a number, a channel", "ö"),
    ] {
        let error = Formula::parse(text).expect_err(text);
        assert!(
            error.column == column && error.expected.starts_with(expected) && error.found == found,
            "{text}: {error}"
        );
    }
}

#[test]
fn length_depth_and_size_are_bounded() {
    let nested = |levels: usize| format!("{}1{}", "(".repeat(levels), ")".repeat(levels));
    assert!(Formula::parse(&nested(DEPTH_MAX)).is_ok());
    assert!(Formula::parse(&nested(DEPTH_MAX + 1)).expect_err("deep").expected.starts_with("at most 32 levels"));
    assert!(Formula::parse(&"-".repeat(LENGTH_MAX)).expect_err("deep").expected.starts_with("at most 32 levels"));
    assert!(Formula::parse(&format!("1{}", "+1".repeat(300))).expect_err("large").expected.starts_with("at most 500"));
    assert!(Formula::parse(&" ".repeat(LENGTH_MAX + 1)).expect_err("long").expected.starts_with("at most 4000"));
}

/// Named formulas that double each other would grow without bound, and one may not use itself.
#[test]
fn named_formulas_are_found_and_never_recursive() {
    let named = |name: &str, text: &str| NamedFormula { name: name.into(), text: text.into() };
    let (library, findings) =
        Library::read(&[named("high", "$input > @formula(limit)"), named("limit", "2 * @avg($input)")]);
    assert!(findings.is_empty());
    assert_eq!(library.get("high").expect("known").text(), "$input > @formula(limit)");
    let wrong = |formulas: &[NamedFormula]| {
        let (_, findings) = Library::read(formulas);
        findings.iter().map(|finding| format!("{}: {}", finding.field, finding.message)).collect::<Vec<_>>().join("\n")
    };
    assert!(
        wrong(&[named("a", "@formula(b)"), named("b", "1 + @formula(a)")]).contains("uses itself: a uses b uses a")
    );
    assert!(wrong(&[named("a", "@formula(b)")]).contains("`b`, which does not exist; known formulas are: a"));
    assert!(wrong(&[named("a", "1"), named("a", "2")]).starts_with("formula[1].name: found `a`"));
    let doubling: Vec<NamedFormula> = (0..20)
        .map(|at| named(&format!("f{at}"), &format!("@formula(f{0}) + @formula(f{0})", at + 1)))
        .chain([named("f20", "1")])
        .collect();
    assert!(wrong(&doubling).contains("at most 500 parts"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_calmly(text in "\\PC{0,200}") {
        let _ = Formula::parse(&text);
    }

    #[test]
    fn any_sequence_of_words_is_answered_calmly(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "@if(", "@status(", "@statuscount(", "@sum(", "@sd(", "@median(", "@mad(", "@avg(", "$input", "$history",
                "$check", "\\AND", "\\OR", "\\AMT", "CLOCK", "AMT", ",", ")", "(", "+", "-", "*", "/", "=", "<", "AND", "OR",
                "NOT", "1", "0", "0.001", "999999999999999999",
            ]),
            0..40,
        ),
        values in proptest::collection::vec(prop_oneof![any::<i64>(), -3..3_i64, Just(MISSING)], 0..30),
        exponent: i8,
        slot in 0..40_u16,
    ) {
        if let Ok(formula) = Formula::parse(&words.join(" ")) {
            let series = Series { values, statuses: vec![] };
            let day = series.ordinary_day(3600);
            let _ = explain(&formula, &day, &context(exponent), slot, CountScope::Block);
        }
    }
}

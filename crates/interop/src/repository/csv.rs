//! The format `amity_repository` version 1: records of comma-separated fields, the first of which says what a record is.
//!
//! | record | fields |
//! | --- | --- |
//! | `H` | `amity_repository`, `1`, `reads`, `accounts`, `answer` or `changes`, what it is about, when it was made (RFC 3339) |
//! | `F` | the names of the fields of `R` or `A` |
//! | `R` | a register read, by the fields of [`READ_FIELDS`] |
//! | `A` | what to do (`set` or `end`), then account information by the fields of `F`, the usage point first |
//! | `N` | of an answer: a usage point that was not taken, and why |
//! | `C` | of changes that the repository sends: usage point, account, agreement, tariff, and since when (RFC 3339) |
//! | `T` | how many records of `R`, `A`, `N` or `C` there are |
//!
//! An answer is about a file by its name, and has `accepted` or `refused` and why behind the time of its `H`. A field with a
//! comma or a quotation mark stands in quotation marks, which are doubled inside.

use jiff::Timestamp;
use model::finding::Finding;
use smol_str::SmolStr;
use store::registry::hand_over::Answered;

/// The name of the format.
pub const NAME: &str = "amity_repository";
/// The version that is written and read.
pub const VERSION: &str = "1";
/// What a record `R` tells.
pub const READ_FIELDS: [&str; 9] =
    ["usage_point", "meter", "module_id", "reading_type", "unit", "service_multiplier", "stamp", "read", "quality"];

/// A record of fields.
pub fn record<'f>(fields: impl IntoIterator<Item = &'f str>) -> String {
    let mut line = String::new();
    for (number, field) in fields.into_iter().enumerate() {
        if 0 < number {
            line.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&field.replace('"', "\"\"").replace(['\n', '\r'], " "));
            line.push('"');
        } else {
            line.push_str(field);
        }
    }
    line.push('\n');
    line
}

/// The fields of a line; `None` where a quotation mark is left open.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars().peekable();
    let mut is_quoted = false;
    while let Some(letter) = letters.next() {
        let field = fields.last_mut()?;
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if is_quoted || field.is_empty() => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    (!is_quoted).then_some(fields)
}

/// What is wrong with a file of reads or accounts; nothing where it is as the schema says.
pub fn check(text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut wrong = |line: u64, field: &str, found: &str, expected: &str| {
        let message = format!("found `{found}`, expected {expected}");
        findings.push(Finding::new(line, field, "repository.schema", message));
    };
    let mut header: Vec<String> = Vec::new();
    let (mut entries, mut is_ended) = (0_u64, false);
    for (number, line) in (1..).zip(text.lines()) {
        let Some(fields) = fields(line) else {
            wrong(number, "record", line, "every quotation mark closed");
            continue;
        };
        let kind = fields[0].as_str();
        if is_ended || (number == 1) != (kind == "H") {
            wrong(number, "record", kind, "one H first and one T last");
        }
        match kind {
            "H" if fields.len() != 6 || fields[1] != NAME || fields[2] != VERSION => {
                wrong(number, "H", line, "amity_repository,1, a kind, what it is about, and when it was made");
            }
            "H" => {}
            "F" => header = fields[1..].to_vec(),
            "R" | "A" => {
                entries += 1;
                let expected = header.len() + usize::from(kind == "A") + 1;
                if fields.len() != expected || header.is_empty() {
                    wrong(number, kind, &fields.len().to_string(), &format!("{expected} fields, as F says"));
                } else if kind == "R" {
                    check_read(number, &fields[1..], &mut wrong);
                } else if !matches!(fields[1].as_str(), "set" | "end") || fields[2].is_empty() {
                    wrong(number, "A", &fields[1], "set or end, and a usage point");
                }
            }
            "T" => {
                is_ended = true;
                if fields.get(1).and_then(|count| count.parse().ok()) != Some(entries) {
                    wrong(number, "T", line, &format!("{entries} records"));
                }
            }
            other => wrong(number, "record", other, "H, F, R, A or T"),
        }
    }
    if !is_ended {
        wrong(0, "T", "nothing", "a last record T");
    }
    findings
}

fn check_read(line: u64, read: &[String], wrong: &mut impl FnMut(u64, &str, &str, &str)) {
    let [usage_point, _, _, _, _, multiplier, stamp, value, _] = read else {
        return wrong(line, "R", &read.len().to_string(), "nine fields");
    };
    if usage_point.is_empty() {
        wrong(line, "usage_point", "", "a name");
    }
    if !is_stamp(stamp) {
        wrong(
            line,
            "stamp",
            stamp,
            "YYYY-MM-DD hh:mm from 00:01 to 24:00, with an offset where the clock shows it twice",
        );
    }
    for (field, text) in [("service_multiplier", multiplier), ("read", value)] {
        let is_number = text.parse::<model::quantity::Decimal>().is_ok();
        if !is_number {
            wrong(line, field, text, "a decimal number");
        }
    }
}

fn is_stamp(text: &str) -> bool {
    let Some((date, time)) = text.split_once(' ') else { return false };
    let (clock, offset) = time.split_at_checked(5).unwrap_or((time, ""));
    let is_offset = offset.is_empty() || (offset.len() == 6 && offset.starts_with(['+', '-']));
    let is_clock = clock == "24:00" || (clock != "00:00" && jiff::civil::Time::strptime("%H:%M", clock).is_ok());
    date.len() == 10 && date.parse::<jiff::civil::Date>().is_ok() && is_clock && is_offset
}

/// What the repository says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The file.
    pub file: String,
    /// What it says of it.
    pub answered: Answered,
    /// Why; empty where it says nothing.
    pub why: String,
    /// Usage points that were not taken, and why.
    pub refused: Vec<(SmolStr, SmolStr)>,
}

/// Reads an answer of the repository.
///
/// # Errors
/// What is wrong with it, by line and field.
pub fn answer(text: &str) -> Result<Said, Finding> {
    let wrong = |line: u64, field: &str, found: &str, expected: &str| {
        Finding::new(line, field, "repository.answer", format!("found `{found}`, expected {expected}"))
    };
    let mut said: Option<Said> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let fields = fields(line).ok_or_else(|| wrong(number, "record", line, "every quotation mark closed"))?;
        let field = |at: usize| fields.get(at).map_or("", String::as_str);
        match (field(0), &mut said) {
            ("H", None) => {
                if [field(1), field(2), field(3)] != [NAME, VERSION, "answer"] {
                    return Err(wrong(number, "H", line, "H,amity_repository,1,answer and the name of a file"));
                }
                let known = |error: store::registry::UnknownName| wrong(number, "answer", field(6), &error.to_string());
                let answered = field(6).parse().map_err(known)?;
                said =
                    Some(Said { file: field(4).to_owned(), answered, why: field(7).to_owned(), refused: Vec::new() });
            }
            ("N", Some(said)) => said.refused.push((field(1).into(), field(2).into())),
            ("T", Some(said)) => {
                let count = said.refused.len();
                let is_whole = field(1).parse() == Ok(count);
                let missing = || wrong(number, "T", field(1), &format!("{count}, the number of records N"));
                return if is_whole { Ok(said.clone()) } else { Err(missing()) };
            }
            _ => return Err(wrong(number, "record", field(0), "H first, then N, then T")),
        }
    }
    Err(wrong(0, "T", "nothing", "a last record T"))
}

/// Changes of account information that the repository sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// What the repository calls them.
    pub name: String,
    /// The changes in their order.
    pub changes: Vec<Change>,
}

/// The account of a usage point from an instant on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The usage point.
    pub usage_point: SmolStr,
    /// The account it is billed on.
    pub account: SmolStr,
    /// The agreement it is served under.
    pub agreement: SmolStr,
    /// The tariff agreed; empty where none is.
    pub tariff: SmolStr,
    /// Since when.
    pub from: Timestamp,
}

/// Reads changes of the repository.
///
/// # Errors
/// What is wrong with them, by line and field; none of them is to be applied then.
pub fn changes(text: &str) -> Result<Changes, Finding> {
    let wrong = |line: u64, field: &str, found: &str, expected: &str| {
        Finding::new(line, field, "repository.changes", format!("found `{found}`, expected {expected}"))
    };
    let mut read: Option<Changes> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let fields = fields(line).ok_or_else(|| wrong(number, "record", line, "every quotation mark closed"))?;
        let field = |at: usize| fields.get(at).map_or("", String::as_str);
        match (field(0), &mut read) {
            ("H", None) => {
                if [field(1), field(2), field(3)] != [NAME, VERSION, "changes"] || field(4).is_empty() {
                    return Err(wrong(number, "H", line, "H,amity_repository,1,changes and a name of them"));
                }
                read = Some(Changes { name: field(4).to_owned(), changes: Vec::new() });
            }
            ("C", Some(read)) => {
                let [usage_point, account, agreement, tariff] = [1, 2, 3, 4].map(|at| SmolStr::from(field(at)));
                for (name, text) in [("usage_point", &usage_point), ("account", &account), ("agreement", &agreement)] {
                    if text.is_empty() {
                        return Err(wrong(number, name, text, "a name"));
                    }
                }
                let from = field(5).parse::<Timestamp>();
                let from =
                    from.map_err(|_| wrong(number, "from", field(5), "an instant such as 2026-03-08T05:00:00Z"))?;
                read.changes.push(Change { usage_point, account, agreement, tariff, from });
            }
            ("T", Some(read)) => {
                let count = read.changes.len();
                let is_whole = field(1).parse() == Ok(count);
                let missing = || wrong(number, "T", field(1), &format!("{count}, the number of records C"));
                return if is_whole { Ok(read.clone()) } else { Err(missing()) };
            }
            _ => return Err(wrong(number, "record", field(0), "H first, then C, then T")),
        }
    }
    Err(wrong(0, "T", "nothing", "a last record T"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: ONT-2.10.2.4
    #[test]
    fn changes_are_read_whole_or_not_at_all() {
        let text = "H,amity_repository,1,changes,changes-7,2026-03-08T10:00:00Z\n\
            C,UP1,ACC-9,AG-9,R1,2026-03-08T05:00:00Z\nT,1\n";
        let read = changes(text).expect("changes");
        assert_eq!((&*read.name, &*read.changes[0].account, read.changes.len()), ("changes-7", "ACC-9", 1));
        for (from, to, field) in [
            ("UP1", "", "usage_point"),
            ("ACC-9", "", "account"),
            ("2026-03-08T05:00:00Z", "yesterday", "from"),
            ("T,1", "T,0", "T"),
            ("T,1\n", "", "T"),
            ("changes,changes-7", "reads,x", "H"),
            ("C,", "A,", "record"),
        ] {
            let finding = changes(&text.replace(from, to)).expect_err(to);
            assert_eq!(finding.field, field, "{finding}");
        }
    }

    const GOOD: &str = "H,amity_repository,1,reads,2026-03-07,2026-03-08T10:00:00Z\n\
        F,usage_point,meter,module_id,reading_type,unit,service_multiplier,stamp,read,quality\n\
        R,UP1,M1,,0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0,kWh,1,2026-03-07 24:00,12345.67,\nT,1\n";

    // covers: ONT-2.6.3
    #[test]
    fn a_file_is_held_against_its_schema() {
        let check = |from: &str, to: &str, expected: &[&str]| {
            let found = check(&GOOD.replace(from, to));
            let fields: Vec<_> = found.iter().map(|finding| finding.field.as_str()).collect();
            assert_eq!(fields, expected, "{from} -> {to}: {found:?}");
        };
        check("", "", &[]);
        check("24:00", "00:00", &["stamp"]);
        check("24:00", "01:00-05:00", &[]);
        check("24:00", "25:00", &["stamp"]);
        check("12345.67", "12 345", &["read"]);
        check("kWh,1,", "kWh,,", &["service_multiplier"]);
        check("T,1\n", "", &["T"]);
        check("T,1", "T,2", &["T"]);
        check("H,", "X,", &["record", "record"]);
        check("repository,1", "repository,2", &["H"]);
        check(",12345.67,", ",12345.67", &["R"]);
        check("UP1", "\"UP1", &["record", "T"]);
    }

    // covers: ONT-2.10.2.3
    #[test]
    fn an_answer_names_the_file_and_what_was_not_taken() {
        let text = "H,amity_repository,1,answer,accounts-7.csv,2026-03-08T10:00:00Z,accepted,\n\
            N,UP1,\"no such account, ours\"\nT,1\n";
        let said = answer(text).expect("an answer");
        assert_eq!((&*said.file, said.answered), ("accounts-7.csv", Answered::Accepted));
        assert_eq!(said.refused, [("UP1".into(), "no such account, ours".into())]);
        for (from, to, field) in [
            ("accepted", "perhaps", "answer"),
            ("T,1", "T,2", "T"),
            ("T,1\n", "", "T"),
            ("answer,", "reads,", "H"),
            ("N,", "M,", "record"),
        ] {
            let finding = answer(&text.replace(from, to)).expect_err(to);
            assert_eq!(finding.field, field, "{finding}");
        }
    }

    #[test]
    fn fields_come_back_as_they_went_out() {
        let told = ["UP, 1", "say \"no\"", "", "plain"];
        assert_eq!(fields(record(told).trim_end()).expect("closed"), told);
    }
}

//! `amity vee propose`: write values, for another person to approve.

use std::process::ExitCode;

use clap::Args;
use ingest::Review;
use ingest::placement::zone_of;
use jiff::{SignedDuration, Timestamp};
use model::master::Channel;
use model::review::{self, AskPreview, Edit, EditedValue, SHIFT, ShiftPreview};

use super::failure;
use crate::clock;
use crate::commands::time_span::{TimeSpan, instant};
use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Write values over a span of a channel; they count once another person approves.
#[derive(Debug, Args)]
pub struct Propose {
    /// The channel: its label, number or mRID.
    channel: String,
    #[command(flatten)]
    span: TimeSpan,
    #[command(flatten)]
    source: Source,
    /// Why: real-use, vacant, outage, communication, meter-fault, clock, agreed or other.
    #[arg(long, value_name = "CODE")]
    reason: String,
    /// Where the values come from, in a few words.
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// Your name.
    #[arg(long = "as", value_name = "NAME")]
    by: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Where the values come from.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// An estimation method, such as E05.
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// One value for every interval of the span, in the unit of the channel.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    value: Option<String>,
    /// Move the values of a span of assumed meter time to where its first interval truly began, and write zeros before it;
    /// `gap` moves them to the end of the gap after them.
    #[arg(long, value_name = "TIME")]
    shift_to: Option<String>,
    /// A CSV file of `start,value` lines; a first line of these words is passed over. The span needs no --from or --to.
    #[arg(long, value_name = "FILE")]
    values: Option<std::path::PathBuf>,
}

impl Propose {
    /// Proposes and prints the act.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let review = super::review(installation)?;
        let channel = installation.ask(installation.books.registry.channels().find(&self.channel))?;
        let (method, values) = self.values(&review, &channel)?;
        let asked = review::Propose {
            edits: vec![Edit { channel: channel.number.to_string(), values }],
            method,
            reason: self.reason,
            note: self.note,
            by: self.by,
            key: None,
        };
        let state = review.propose(&asked, clock::now()).map_err(failure)?;
        if self.json {
            output::print_json(&state)?;
        } else {
            output::print(&format!("act {} {}", state.act, state.state))?;
            if state.state == "proposed" {
                output::say(&format!("another person approves it with `amity vee approve {} --as NAME`", state.act));
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn values(&self, review: &Review, channel: &Channel) -> Result<(String, Vec<EditedValue>), Failure> {
        let zone = zone_of(&channel.zone).map_err(|error| Failure::work("the channel has no valid zone", error))?;
        if let Some(path) = &self.source.values {
            let text = std::fs::read_to_string(caller::path(path))
                .map_err(|error| Failure::Usage(format!("{}: cannot be read: {error}", path.display())))?;
            let lines =
                (1..).zip(text.lines()).filter(|(number, line)| !line.trim().is_empty() && !is_head(*number, line));
            let value = |(number, line): (usize, &str)| {
                let wrong = || Failure::Usage(format!("{} line {number}: expected start,value", path.display()));
                let (start, value) = line.split_once(',').ok_or_else(wrong)?;
                let start = instant(&format!("{} line {number}", path.display()), start.trim(), &zone)?;
                Ok(EditedValue { start, value: value.trim().into() })
            };
            return Ok(("values".into(), lines.map(value).collect::<Result<_, Failure>>()?));
        }
        let range = self.span.range(&zone)?;
        if let Some(value) = &self.source.value {
            let seconds = i64::from(channel.interval_seconds.unwrap_or_default());
            let starts = starts(range.start, range.end, seconds)?;
            let values = starts.into_iter().map(|start| EditedValue { start, value: value.clone() }).collect();
            return Ok(("value".into(), values));
        }
        let shift_to = match self.source.shift_to.as_deref() {
            None | Some(GAP) => None,
            Some(text) => Some(instant("--shift-to", text, &zone)?),
        };
        let asked = AskPreview { channel: channel.number.to_string(), from: range.start, to: range.end, shift_to };
        let preview = review.preview(&asked, clock::now()).map_err(failure)?;
        if self.source.shift_to.is_some() {
            return shifted(preview.shift);
        }
        let method = self.source.method.clone().unwrap_or_default();
        let known: Vec<&str> = preview.methods.iter().map(|tried| tried.method).collect();
        let unknown = || Failure::Usage(format!("--method: expected one of {}, found `{method}`", known.join(", ")));
        let tried = preview.methods.iter().find(|tried| tried.method == method).ok_or_else(unknown)?;
        if !tried.eligible {
            return Err(Failure::Usage(format!("--method: {method} does not give every value: {}", tried.words)));
        }
        let starts = preview.starts.iter().filter_map(|start| start.parse::<Timestamp>().ok());
        let values = starts.zip(tried.values.iter().flatten());
        let values = values.map(|(start, value)| EditedValue { start, value: value.clone() }).collect();
        Ok((method, values))
    }
}

/// The word of `--shift-to` that leaves the true time to the gap after the span.
const GAP: &str = "gap";

/// The values at their true time.
fn shifted(preview: Option<ShiftPreview>) -> Result<(String, Vec<EditedValue>), Failure> {
    let refused = |words: &str| Failure::Usage(format!("--shift-to: {words}"));
    let shift = preview.ok_or_else(|| refused("the span holds no interval of assumed meter time"))?;
    if !shift.eligible {
        return Err(refused(&shift.words));
    }
    Ok((SHIFT.into(), shift.values))
}

fn is_head(number: usize, line: &str) -> bool {
    number == 1 && line.trim().eq_ignore_ascii_case("start,value")
}

/// Where each interval of a span begins.
fn starts(from: Timestamp, to: Timestamp, seconds: i64) -> Result<Vec<Timestamp>, Failure> {
    const MAX: usize = 40_000;
    let too_many = || Failure::Usage(format!("--from and --to: expected a span of 1 to {MAX} intervals"));
    let length = SignedDuration::from_secs(seconds.max(1));
    let mut starts = Vec::new();
    let mut at = from;
    while at < to {
        if MAX <= starts.len() {
            return Err(too_many());
        }
        starts.push(at);
        at = at.checked_add(length).map_err(|_| too_many())?;
    }
    Ok(starts)
}

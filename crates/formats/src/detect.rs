//! Which format bytes are in, told by their content and never by a file name.

use crate::Format;
use crate::text::lines::is_blank;
use crate::text::{Fields, text};

/// How many bytes [`detect`] wants to see; fewer are enough for a shorter input.
pub const DETECT_BYTES: usize = 4096;

/// The format of an input that begins with `prefix`, `None` where nothing fits.
///
/// Compressed input has to be unpacked first.
pub fn detect(prefix: &[u8]) -> Option<Format> {
    let prefix = prefix.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(prefix);
    if prefix.trim_ascii_start().starts_with(b"<") {
        return xml(prefix);
    }
    if prefix.trim_ascii_start().starts_with(b"{") {
        return names_events(prefix).then_some(Format::EventsJson);
    }
    let line = prefix.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !is_blank(line))?;
    nem(line).or_else(|| cmep(line)).or_else(|| csv(line))
}

/// The only object of JSON that is read here has a member `events`, and before it mostly a `headEnd`.
fn names_events(prefix: &[u8]) -> bool {
    [&b"\"events\""[..], b"\"headEnd\""].iter().any(|name| prefix.windows(name.len()).any(|window| window == *name))
}

/// NEM files begin with the record 100; some senders leave it out.
fn nem(line: &[u8]) -> Option<Format> {
    let mut fields = Fields::new(line);
    let [indicator, second] = std::array::from_fn(|_| fields.next_or_empty());
    let stream_fields = fields.count();
    match &*indicator {
        b"100" if second.eq_ignore_ascii_case(b"NEM13") => Some(Format::Nem13),
        b"100" => Some(Format::Nem12),
        b"200" if 5 <= stream_fields => Some(Format::Nem12),
        b"250" if 5 <= stream_fields => Some(Format::Nem13),
        _ => None,
    }
}

/// CMEP records begin with `MEP`, two letters and two digits.
fn cmep(line: &[u8]) -> Option<Format> {
    let kind = Fields::new(line).next_or_empty();
    let (word, number) = kind.split_at_checked(5)?;
    let is_record = word.starts_with(b"MEP")
        && word.iter().all(u8::is_ascii_uppercase)
        && number.len() == 2
        && number.iter().all(u8::is_ascii_digit);
    (is_record && line.contains(&b',')).then_some(Format::Cmep)
}

/// CSV has a header that names a stamp and a value; one of routes names routes, meters and what was read.
fn csv(line: &[u8]) -> Option<Format> {
    let names: Vec<String> = Fields::new(line).map(|name| text(&name).to_ascii_lowercase()).collect();
    if crate::routes::is_header(&names) {
        return Some(Format::Routes);
    }
    crate::csv::is_header(&names).then_some(Format::Csv)
}

/// XML is told apart by the namespace of ESPI, or by the names that only the CIM profiles have.
fn xml(prefix: &[u8]) -> Option<Format> {
    let text = without_comments(&String::from_utf8_lossy(prefix));
    let has = |word: &str| text.contains(word);
    let is_espi = has("naesb.org/espi") || has("http://www.w3.org/2005/Atom");
    if is_espi {
        return Some(Format::GreenButton);
    }
    let elements =
        ["RequestMessage", "ResponseMessage", "EventMessage", "FaultMessage", "MeterReadings", "EndDeviceEvents"];
    let is_cim = has("iec.ch/TC57") || has("iec.ch/tc57") || elements.iter().any(|name| is_element(&text, name));
    is_cim.then_some(Format::Cim)
}

fn is_element(text: &str, name: &str) -> bool {
    text.split('<').any(|tag| {
        let tag = tag.split([' ', '\t', '\r', '\n', '>', '/']).next().unwrap_or_default();
        tag.rsplit(':').next() == Some(name)
    })
}

fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

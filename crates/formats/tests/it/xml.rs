//! Guarded XML: bombs, limits, encodings and faults of form, through the reader of CIM messages; and
//! the events of the parser beside those of quick-xml.

use formats::cim::CimReader;
use formats::xml::{Event, Limits, PIECE_BYTES, Parser};
use formats::{Options, Reader, Refused};
use model::finding::Finding;
use proptest::prelude::*;

use crate::collect::Collected;

/// Pushes a piece again and again; the reader must refuse before `bytes_max` of them.
fn refusal_of(start: &str, piece: &[u8], bytes_max: usize) -> Finding {
    let mut told = Collected::default();
    let mut reader = CimReader::new(&Options::default());
    let mut pushed = 0;
    let mut result = reader.push(start.as_bytes(), &mut told);
    while result.is_ok() {
        assert!(pushed < bytes_max, "not refused after {pushed} bytes");
        result = reader.push(piece, &mut told);
        pushed += piece.len();
    }
    let Err(Refused(finding)) = result else { unreachable!("the loop ends with a refusal") };
    finding
}

const GIGABYTE: usize = 1 << 30;

#[test]
fn endless_parts_are_refused_early() {
    let letters = vec![b'x'; PIECE_BYTES];
    let blanks = vec![b' '; PIECE_BYTES];
    check_endless("<MeterReadings a=\"", &letters, 2 << 20);
    check_endless("<MeterReadings", &letters, 2 << 20);
    check_endless("<MeterReadings><!-- ", &letters, 2 << 20);
    check_endless("<MeterReadings><![CDATA[", &letters, 2 << 20);
    check_endless("<?p ", &letters, 2 << 20);
    check_endless("<MeterReadings>", &letters, 65 << 20);
    check_endless("<MeterReadings>", &blanks, 65 << 20);
    check_endless("", &blanks, 65 << 20);
}

#[track_caller]
fn check_endless(start: &str, piece: &[u8], bytes_max: usize) {
    let finding = refusal_of(start, piece, bytes_max.min(GIGABYTE));
    assert_eq!(finding.code, "xml.limit", "{start}: {finding}");
}

#[test]
fn deep_nesting_is_refused() {
    let finding = refusal_of("<MeterReadings>", b"<a>", 10_000 * 3);
    assert_eq!((finding.code.as_str(), finding.line), ("xml.limit", 1));
    assert!(finding.message.contains("64"), "{finding}");
}

#[test]
fn many_attributes_are_refused() {
    let attributes: String = (0..65).map(|number| format!(" a{number}='1'")).collect();
    check(&format!("<MeterReadings{attributes}/>"), "xml.limit", 1);
}

#[test]
fn document_types_and_entities_are_refused() {
    let laughs = "<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;\">]>\n\
                  <MeterReadings>&lol2;</MeterReadings>";
    check(laughs, "xml.doctype", 2);
    check("<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><MeterReadings/>", "xml.doctype", 1);
    check("<MeterReadings>\n&lol;</MeterReadings>", "xml.entity", 2);
    check("<MeterReadings a=\"&lol;\"/>", "xml.entity", 1);
    check("<MeterReadings><!ELEMENT a ANY></MeterReadings>", "xml.doctype", 1);
}

#[test]
fn encodings_other_than_utf_8_are_refused() {
    let utf_16: Vec<u8> = "\u{FEFF}<MeterReadings/>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(refusal(&utf_16).code, "xml.encoding");
    let without_mark: Vec<u8> = "<MeterReadings/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refusal(&without_mark).code, "xml.encoding");
    check("<?xml version='1.0' encoding='UTF-16'?><MeterReadings/>", "xml.encoding", 1);
    check("<?xml version='1.0' encoding='Shift_JIS'?><MeterReadings/>", "xml.encoding", 1);
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><MeterReadings>\xE9</MeterReadings>";
    assert_eq!(refusal(latin).code, "xml.encoding");
    assert_eq!(refusal(b"<MeterReadings>\n\xE9</MeterReadings>").code, "xml.malformed");
    accept("<?xml version='1.0' encoding='ISO-8859-1'?><MeterReadings/>");
    accept("<?xml version=\"1.0\" encoding=\"us-ascii\" standalone=\"yes\"?><MeterReadings/>");
}

#[test]
fn what_is_not_well_formed_is_refused_where_it_breaks() {
    check("<MeterReadings>\n  <a></b>\n</MeterReadings>", "xml.malformed", 2);
    check("<MeterReadings></MeterReadings>\ntext", "xml.malformed", 2);
    check("text<MeterReadings/>", "xml.malformed", 1);
    check("<MeterReadings a='1' a='2'/>", "xml.malformed", 1);
    check("<MeterReadings a=1/>", "xml.malformed", 1);
    check("<MeterReadings a='<'/>", "xml.malformed", 1);
    check("<MeterReadings>]]></MeterReadings>", "xml.malformed", 1);
    check("<MeterReadings><!-- -- --></MeterReadings>", "xml.malformed", 1);
    check("<MeterReadings>\u{1}</MeterReadings>", "xml.malformed", 1);
    check("<MeterReadings>\n\n&#1;</MeterReadings>", "xml.malformed", 3);
    check("<MeterReadings><?xml version='1.0'?></MeterReadings>", "xml.malformed", 1);
    check("<1/>", "xml.malformed", 1);
    check("<>", "xml.malformed", 1);
    check("</MeterReadings>", "xml.malformed", 1);
    check("<MeterReadings", "xml.malformed", 1);
    let finding = refusal(b"<MeterReadings>\n   </x>");
    assert!(finding.message.contains("line 2, column 4"), "{finding}");
    assert_eq!(finding.offset, 19);
}

fn refusal(bytes: &[u8]) -> Finding {
    let whole = outcome(bytes, bytes.len().max(1));
    assert_eq!(whole, outcome(bytes, 1), "the same refusal byte by byte");
    whole.expect_err("refused").0
}

fn outcome(bytes: &[u8], piece_bytes: usize) -> Result<(), Refused> {
    let mut told = Collected::default();
    let mut reader = CimReader::new(&Options::default());
    for piece in bytes.chunks(piece_bytes) {
        reader.push(piece, &mut told)?;
    }
    reader.finish(&mut told)
}

#[track_caller]
fn check(document: &str, code: &str, line: u64) {
    let finding = refusal(document.as_bytes());
    assert_eq!((finding.code.as_str(), finding.line), (code, line), "{document}: {finding}");
}

#[track_caller]
fn accept(document: &str) {
    assert_eq!(outcome(document.as_bytes(), 5), Ok(()), "{document}");
}

/// What a document says: elements with namespace and attribute `a`, text joined.
fn said_by_us(bytes: &[u8], piece_bytes: usize) -> Result<Vec<String>, Refused> {
    let mut parser = Parser::new(Limits::default());
    let mut said = Vec::new();
    let mut pieces = bytes.chunks(piece_bytes);
    loop {
        let piece = pieces.next();
        match piece {
            Some(piece) => parser.feed(piece),
            None => parser.end(),
        }
        while let Some(event) = parser.next_event()? {
            match event {
                Event::Start(start) => {
                    let namespace = start.namespace.unwrap_or_default();
                    let attribute = start.attribute("a").unwrap_or_default();
                    said.push(format!("<{}|{}|{namespace}|{attribute}>", start.name(), start.local()));
                }
                Event::Text(text) => add_text(&mut said, &text),
                Event::End => said.push("</>".to_owned()),
            }
        }
        if piece.is_none() {
            return Ok(said);
        }
    }
}

fn add_text(said: &mut Vec<String>, text: &str) {
    match said.last_mut() {
        Some(last) if !last.starts_with('<') => last.push_str(text),
        _ => said.push(text.to_owned()),
    }
}

/// The same by quick-xml's own reader.
fn said_by_quick_xml(document: &str) -> Option<Vec<String>> {
    use quick_xml::events::Event;
    use quick_xml::name::ResolveResult;
    let mut reader = quick_xml::NsReader::from_str(document);
    reader.config_mut().expand_empty_elements = true;
    let mut said = Vec::new();
    loop {
        let (namespace, event) = reader.read_resolved_event().ok()?;
        match event {
            Event::Start(start) => {
                let namespace = match namespace {
                    ResolveResult::Bound(namespace) => namespace.0.to_owned(),
                    _ => String::new(),
                };
                let attribute = start.try_get_attribute("a").ok()?;
                let attribute =
                    attribute.map(|found| quick_xml::escape::unescape(&found.value).map(|v| v.into_owned()));
                let attribute = attribute.transpose().ok()?.unwrap_or_default();
                said.push(format!("<{}|{}|{namespace}|{attribute}>", start.name().0, start.local_name().as_ref()));
            }
            Event::Text(text) => add_text(&mut said, &text),
            Event::CData(text) => add_text(&mut said, &text),
            Event::GeneralRef(name) => {
                let text = quick_xml::escape::unescape(&format!("&{};", &*name)).ok()?.into_owned();
                add_text(&mut said, &text);
            }
            Event::End(_) => said.push("</>".to_owned()),
            Event::Eof => return Some(said),
            _ => {}
        }
    }
}

/// Small documents of everything that XML allows here.
fn element(depth: u32) -> BoxedStrategy<String> {
    let text = prop_oneof![
        "[a-z0-9 \n\t]{0,12}",
        Just("&amp;&lt;&#x41;&quot;".to_owned()),
        Just("<![CDATA[<x>&]]>".to_owned()),
        Just("<!-- c -->".to_owned()),
        Just("<?p i?>".to_owned()),
        Just("\u{e9}\u{20ac}".to_owned()),
    ];
    let name = prop_oneof![Just("b"), Just("p:c"), Just("d.e-f"), Just("q:g")];
    let attributes = prop_oneof![
        Just(""),
        Just(" a='1'"),
        Just(" a=\"&gt;'>\""),
        Just(" xmlns='u'"),
        Just(" xmlns:p='v' a = 'x'"),
        Just(" \n xmlns:q=\"w\" ")
    ];
    if depth == 0 {
        return text.boxed();
    }
    let children = proptest::collection::vec(element(depth - 1), 0..4);
    let tag = (name, attributes, children).prop_map(|(name, attributes, children)| match children.concat() {
        content if content.is_empty() => format!("<{name}{attributes}/>"),
        content => format!("<{name}{attributes}>{content}</{name} >"),
    });
    prop_oneof![text, tag].boxed()
}

proptest! {
    #[test]
    fn the_events_are_those_of_quick_xml(content in element(4), piece_bytes in 1_usize..50) {
        let document = format!("<r xmlns:p='p' xmlns:q='q'>{content}</r>");
        let said = said_by_us(document.as_bytes(), piece_bytes).expect("well formed");
        prop_assert_eq!(Some(said), said_by_quick_xml(&document));
    }

    #[test]
    fn any_bytes_are_told_or_refused_the_same_in_any_pieces(
        content in element(3),
        cut in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        piece_bytes in 1_usize..50,
    ) {
        let mut bytes = format!("<r>{content}</r>").into_bytes();
        let at = cut.index(bytes.len());
        bytes[at] = byte;
        prop_assert_eq!(said_by_us(&bytes, piece_bytes), said_by_us(&bytes, usize::MAX));
    }
}

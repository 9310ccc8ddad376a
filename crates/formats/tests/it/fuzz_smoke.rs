//! Any bytes, any damage to good files and any pieces: calm, and the same however they are cut.

use formats::{Format, Options, detect, reader};
use proptest::prelude::*;

use crate::collect::{Collected, read_in_pieces};

const SAMPLES: &[(Format, &str)] = &[
    (
        Format::Nem12,
        "100,NEM12,202404011200,A,B\r\n200,NEM1201002,E1,E1,E1,N1,M1,kWh,30,\r\n300,20240310,\
         1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48.125,\
         V,,,20240401090000,\r\n400,1,30,A,,\r\n400,31,48,S14,76,\"a, b\"\r\n500,C,S1,20240310101101,123.4\r\n900\r\n",
    ),
    (
        Format::Nem13,
        "100,NEM13,200505161145,A,B\r\n250,NEM1311002,11,1,11,11,11002,E,38841,20041117093206,A,,,39013,20050217074053,A,,,31,KWH,20050519,20050218104410,\r\n900\r\n",
    ),
    (
        Format::Cmep,
        "MEPMD01,19970819,U,A,R,,202403110615,M1,OK,E,KWH,1,00000015,4,202403110515,,0.125,,,0.130,,E,0.128,,R,0.121\r\n\
         MEPMD02,19970819,U,,R,,202404010000,M1,OK,E,KWH,S,1,202403010700,202404010700,1,ON-PEAK,,100.5\r\n",
    ),
    (
        Format::Csv,
        "usage_point_id,uom,start,value,quality,remark\nUP,kWh,2024-03-11T05:00:00Z,1.5,nem12:S14,\"a\nb\"\n\
         UP,kWh,2024-03-11T05:15:00Z,2,,\nUP,kWh,2024-03-11T05:30:00Z,,,\n",
    ),
    (
        Format::Routes,
        "route,meter,read_at,read,type,code,reader,remark\n12,M1,2024-03-11,04711,regular,,17,\"dog, large\"\n\
         12,M2,2024-03-11T10:15:00-04:00,,no-read,LOCKED,17,\n",
    ),
    (
        Format::EventsJson,
        "{\"headEnd\": \"H\", \"events\": [\n{\"id\": \"1\", \"device\": \"M1\", \"type\": \"3.26.0.85\", \
         \"time\": \"2026-03-01T12:00:00.5Z\", \"x\": [1, {\"y\": \"]}\\\"\"}]}, {}\n], \"more\": 1.5}\n",
    ),
];

fn options() -> Options {
    Options { zone: Some(jiff::tz::TimeZone::UTC), ..Options::default() }
}

/// A good file with some bytes changed, dropped or doubled.
fn damaged() -> impl Strategy<Value = (Format, Vec<u8>)> {
    let damage = (any::<prop::sample::Index>(), any::<u8>(), 0_u8..5);
    (0..SAMPLES.len(), prop::collection::vec(damage, 0..8)).prop_map(|(sample, damages)| {
        let (format, text) = SAMPLES[sample];
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte, kind) in damages {
            let at = at.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match kind {
                0 if !bytes.is_empty() => bytes[at] = byte,
                1 if !bytes.is_empty() => drop(bytes.remove(at)),
                2 => bytes.insert(at, byte),
                3 => bytes.extend_from_within(at..),
                _ => bytes.truncate(at),
            }
        }
        (format, bytes)
    })
}

/// Reads in pieces whose lengths repeat.
fn read_cut(format: Format, input: &[u8], cuts: &[usize]) -> Collected {
    let mut collected = Collected::default();
    let mut reader = reader(format, &options());
    let mut rest = input;
    for cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*cut).min(rest.len()));
        if let Err(refused) = reader.push(piece, &mut collected) {
            collected.refused = Some(refused);
            return collected;
        }
        rest = after;
    }
    collected.refused = reader.finish(&mut collected).err();
    collected
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damaged_files_read_the_same_in_any_pieces((format, input) in damaged(), cuts in prop::collection::vec(1_usize..40, 1..8)) {
        let whole = read_in_pieces(format, &options(), &input, input.len().max(1));
        prop_assert_eq!(read_cut(format, &input, &cuts), whole);
    }

    #[test]
    fn any_bytes_are_read_calmly(input in prop::collection::vec(any::<u8>(), 0..400), cut in 1_usize..50) {
        let _ = detect(&input);
        for (format, _) in SAMPLES {
            let whole = read_in_pieces(*format, &options(), &input, input.len().max(1));
            prop_assert_eq!(read_cut(*format, &input, &[cut]), whole);
        }
    }
}

// A gigabyte without a line end: refused within the first pieces, so memory stays small.
#[test]
fn an_endless_line_is_refused_early() {
    let piece = [b'1'; 16 * 1024];
    for (format, text) in SAMPLES {
        let mut collected = Collected::default();
        let mut reader = reader(*format, &options());
        reader.push(text.as_bytes(), &mut collected).expect("a good beginning");
        let pushed = (1..=65_536).find(|_| reader.push(&piece, &mut collected).is_err());
        assert!(pushed.is_some_and(|pieces| pieces <= 5), "{format:?} took {pushed:?} pieces of 16 kB");
    }
}

// A quoted cell that never closes is one row over many lines.
#[test]
fn an_endless_row_is_refused_early() {
    let mut collected = Collected::default();
    let mut reader = reader(Format::Csv, &options());
    reader.push(b"start,value\n\"", &mut collected).expect("a good beginning");
    let pushed = (1..=1_000_000).find(|_| reader.push(b"and on and on\n", &mut collected).is_err());
    assert!(pushed.is_some_and(|lines| lines < 10_000), "{pushed:?}");
}

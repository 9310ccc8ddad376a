//! Parquet files, read back with the crate's own reader.

use std::io::Write as _;

use ::parquet::file::reader::{FileReader, SerializedFileReader};
use formats::{Format, Options, parquet};

use crate::collect::read_in_pieces;

#[test]
fn every_value_is_a_row_with_exact_decimals_and_stamps() {
    let input = "usage_point_id,meter_id,channel,uom,start,end,value,quality,version\n\
        UP,M,1,kWh,2024-03-11T05:00:00Z,2024-03-11T05:15:00Z,0.125,nem12:S14,7\n\
        UP,M,1,kWh,2024-03-11T05:15:00Z,2024-03-11T05:30:00Z,,nem12:N,7\n\
        UP,M,1,kWh,2024-03-01T05:00:00Z,2024-04-01T04:00:00Z,123456789.5,,\n";
    let found = read_in_pieces(Format::Csv, &Options::default(), input.as_bytes(), 100);
    let mut writer = parquet::Writer::new(Vec::new(), 6).expect("a schema");
    for piece in &found.readings {
        writer.write(piece).expect("values fit");
    }
    let bytes = writer.finish().expect("a footer");
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(&bytes).expect("space");
    let reader = SerializedFileReader::new(file).expect("a Parquet file");
    let rows: Vec<String> =
        reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row").to_string()).collect();
    assert_eq!(rows.len(), 3);
    for (row, words) in rows.iter().zip([
        ["usage_point: \"UP\"", "value: 0.125000", "end: 2024-03-11 05:15:00", "flag: \"S14\""],
        ["meter: \"M\"", "value: null", "start: 2024-03-11 05:15:00", "quality: \"missing\""],
        ["unit: \"kWh\"", "value: 123456789.500000", "end: 2024-04-01 04:00:00", "version: null"],
    ]) {
        for word in words {
            assert!(row.contains(word), "{word} in {row}");
        }
    }
}

#[test]
fn a_value_finer_than_the_column_is_an_error() {
    let input = "usage_point_id,uom,start,end,value\nUP,kWh,2024-03-11T05:00:00Z,2024-03-11T05:15:00Z,0.125\n";
    let found = read_in_pieces(Format::Csv, &Options::default(), input.as_bytes(), 100);
    let mut writer = parquet::Writer::new(Vec::new(), 2).expect("a schema");
    assert!(matches!(writer.write(&found.readings[0]), Err(parquet::WriteError::Inexact { .. })));
}

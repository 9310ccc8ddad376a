//! The peer for size and scans: Parquet with a row per channel-day, the values as a repeated field, zstd.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::data_type::Int32Type;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::output::Failure;
use crate::workload::Workload;

const SCHEMA: &str = "message channel_day { required int32 channel; required int32 day; repeated int32 value; }";
const GROUP_ROWS: usize = 50_000;

fn in_parquet(error: parquet::errors::ParquetError) -> Failure {
    Failure::work("the Parquet peer failed", error)
}

/// A fleet as one Parquet file in memory; values delta-packed, which is the smallest of its encodings here.
pub fn channel_days(workload: &Workload) -> Result<Bytes, Failure> {
    let schema = Arc::new(parse_message_type(SCHEMA).map_err(in_parquet)?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::DELTA_BINARY_PACKED)
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).map_err(in_parquet)?;
    for day in 0..workload.days {
        for from in (0..workload.channels).step_by(GROUP_ROWS) {
            let to = workload.channels.min(from + GROUP_ROWS as u32);
            write_group(&mut writer, workload, day, from..to).map_err(in_parquet)?;
        }
    }
    writer.into_inner().map(Bytes::from).map_err(in_parquet)
}

fn write_group(
    writer: &mut SerializedFileWriter<Vec<u8>>,
    workload: &Workload,
    day: u32,
    channels: std::ops::Range<u32>,
) -> Result<(), parquet::errors::ParquetError> {
    let midnight = workload.start + i64::from(day) * 86_400;
    let numbers: Vec<i32> = channels.clone().map(|channel| channel as i32).collect();
    let days = vec![day as i32; numbers.len()];
    let value = |channel: u32, slot: i64| workload.value(channel, midnight + slot * 900).unwrap_or(0) as i32;
    let values: Vec<i32> = channels.flat_map(|channel| (0..96).map(move |slot| value(channel, slot))).collect();
    let defined = vec![1_i16; values.len()];
    let repeated: Vec<i16> = (0..values.len()).map(|at| i16::from(at % 96 != 0)).collect();
    let mut group = writer.next_row_group()?;
    for column in [(&numbers, None), (&days, None), (&values, Some((&defined, &repeated)))] {
        let Some(mut writer) = group.next_column()? else { break };
        let (defined, repeated) =
            column.1.map_or((None, None), |(defined, repeated)| (Some(defined.as_slice()), Some(repeated.as_slice())));
        writer.typed::<Int32Type>().write_batch(column.0, defined, repeated)?;
        writer.close()?;
    }
    group.close()?;
    Ok(())
}

/// The sum of every value of a file, read column-wise; 0 where the file cannot be read.
pub fn sum(file: &Bytes) -> i64 {
    let Ok(reader) = SerializedFileReader::new(file.clone()) else { return 0 };
    let mut total = 0;
    let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    for group in 0..reader.num_row_groups() {
        let column = reader.get_row_group(group).and_then(|group| group.get_column_reader(2));
        let Ok(parquet::column::reader::ColumnReader::Int32ColumnReader(mut column)) = column else { return 0 };
        loop {
            values.clear();
            defined.clear();
            repeated.clear();
            let read = column.read_records(8192, Some(&mut defined), Some(&mut repeated), &mut values);
            match read {
                Ok((records, _, _)) if 0 < records => {
                    total += values.iter().map(|value| i64::from(*value)).sum::<i64>()
                }
                _ => break,
            }
        }
    }
    total
}

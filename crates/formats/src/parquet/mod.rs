//! Readings as Parquet, one row a value, for analysis tools (DuckDB, pandas, Spark).
//!
//! Written with the column API alone: no Arrow. Stamps are UTC microseconds, the value is an exact
//! DECIMAL(18, scale); `quality` holds the canonical words, `flag` what the source wrote.

use std::io::Write;
use std::mem::take;
use std::sync::Arc;

use jiff::Timestamp;
use model::quality::Quality;
use model::quantity::Decimal;
use model::reading::{ChannelReadings, IntervalRun, Values};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::intervals::{Interval, intervals};

/// Rows of a row group; what is not written yet is held in memory.
const ROWS_MAX: usize = 128 * 1024;

/// Why readings were not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A value needs more digits than the column has.
    #[error("{value} does not fit DECIMAL(18, {scale}) exactly; write with another scale")]
    Inexact {
        /// The value.
        value: Decimal,
        /// Digits after the point of the column.
        scale: u8,
    },
    /// An interval is outside the years that stamps can hold.
    #[error("{0} s after 1970 is outside the supported years")]
    Time(i64),
    /// The output failed.
    #[error("could not write Parquet")]
    Parquet(#[from] ParquetError),
}

/// Writes a Parquet file.
pub struct Writer<W: Write + Send> {
    file: SerializedFileWriter<W>,
    scale: u8,
    rows: Columns,
}

/// Columns of the rows that wait for their row group, in the order of the schema.
#[derive(Default)]
struct Columns {
    usage_point: Vec<ByteArray>,
    meter: Vec<ByteArray>,
    channel: Vec<ByteArray>,
    reading_type: Vec<ByteArray>,
    unit: Vec<ByteArray>,
    start: Optional,
    end: Vec<i64>,
    value: Optional,
    quality: Vec<ByteArray>,
    flag: Vec<ByteArray>,
    version: Optional,
}

/// A column that may be null: the values there are, and for every row 1 or 0.
#[derive(Default)]
struct Optional {
    values: Vec<i64>,
    levels: Vec<i16>,
}

impl Optional {
    fn push(&mut self, value: Option<i64>) {
        self.levels.push(i16::from(value.is_some()));
        self.values.extend(value);
    }
}

impl<W: Write + Send> Writer<W> {
    /// A file whose values have `scale` digits after the point, at most 18.
    ///
    /// # Errors
    /// [`WriteError::Parquet`] when the output fails.
    pub fn new(output: W, scale: u8) -> Result<Self, WriteError> {
        let schema = format!(
            "message readings {{
                REQUIRED BYTE_ARRAY usage_point (STRING);
                REQUIRED BYTE_ARRAY meter (STRING);
                REQUIRED BYTE_ARRAY channel (STRING);
                REQUIRED BYTE_ARRAY reading_type (STRING);
                REQUIRED BYTE_ARRAY unit (STRING);
                OPTIONAL INT64 start (TIMESTAMP(MICROS, true));
                REQUIRED INT64 end (TIMESTAMP(MICROS, true));
                OPTIONAL INT64 value (DECIMAL(18, {scale}));
                REQUIRED BYTE_ARRAY quality (STRING);
                REQUIRED BYTE_ARRAY flag (STRING);
                OPTIONAL INT64 version (TIMESTAMP(MICROS, true));
            }}"
        );
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let file = SerializedFileWriter::new(output, Arc::new(parse_message_type(&schema)?), Arc::new(properties))?;
        Ok(Self { file, scale, rows: Columns::default() })
    }

    /// Writes one row for every value, and for every one that is said to be missing.
    ///
    /// # Errors
    /// [`WriteError`]; the file must be given up then.
    pub fn write(&mut self, readings: &ChannelReadings) -> Result<(), WriteError> {
        match &readings.values {
            Values::Intervals(run) => self.intervals(readings, run)?,
            Values::Registers(reads) => {
                for read in reads {
                    self.row(readings, (read.period_start, read.at), read.value, &read.quality)?;
                }
            }
        }
        Ok(())
    }

    /// Writes what waits and the footer, and gives the output back.
    ///
    /// # Errors
    /// [`WriteError::Parquet`] when the output fails.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.end_row_group()?;
        Ok(self.file.into_inner()?)
    }

    fn intervals(&mut self, readings: &ChannelReadings, run: &IntervalRun) -> Result<(), WriteError> {
        for interval in intervals(run).filter(Interval::is_known) {
            let stamp = |second| Timestamp::from_second(second).map_err(|_| WriteError::Time(second));
            let stamps = (Some(stamp(interval.start)?), stamp(interval.end)?);
            self.row(readings, stamps, interval.value, interval.quality)?;
        }
        Ok(())
    }

    fn row(
        &mut self,
        readings: &ChannelReadings,
        (start, end): (Option<Timestamp>, Timestamp),
        value: Option<Decimal>,
        quality: &Quality,
    ) -> Result<(), WriteError> {
        let exponent = -i8::try_from(self.scale).unwrap_or(i8::MAX);
        let inexact = |value| WriteError::Inexact { value, scale: self.scale };
        let fits = |digits: &i64| digits.unsigned_abs() < 10_u64.pow(18);
        let digits =
            value.map(|value| value.rescaled(exponent).ok().filter(fits).ok_or_else(|| inexact(value))).transpose()?;
        let channel = &readings.channel;
        let name = |name: &Option<model::id::Name>| name.as_ref().map_or("".into(), |name| name.value.as_str().into());
        let rows = &mut self.rows;
        rows.usage_point.push(name(&channel.usage_point));
        rows.meter.push(name(&channel.meter));
        rows.channel.push(channel.suffix.as_str().into());
        rows.reading_type.push(channel.reading_type.to_string().into_bytes().into());
        rows.unit.push(readings.unit.as_str().into());
        rows.start.push(start.map(Timestamp::as_microsecond));
        rows.end.push(end.as_microsecond());
        rows.value.push(digits);
        rows.quality.push(quality.status.to_string().into_bytes().into());
        rows.flag.push(quality.flag.as_str().into());
        rows.version.push(readings.revision.map(Timestamp::as_microsecond));
        if ROWS_MAX <= rows.end.len() {
            self.end_row_group()?;
        }
        Ok(())
    }

    fn end_row_group(&mut self) -> Result<(), WriteError> {
        let rows = take(&mut self.rows);
        if rows.end.is_empty() {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for texts in [rows.usage_point, rows.meter, rows.channel, rows.reading_type, rows.unit] {
            write_texts(&mut group, &texts)?;
        }
        write_optional(&mut group, &rows.start)?;
        write_integers(&mut group, &rows.end, None)?;
        write_optional(&mut group, &rows.value)?;
        write_texts(&mut group, &rows.quality)?;
        write_texts(&mut group, &rows.flag)?;
        write_optional(&mut group, &rows.version)?;
        group.close()?;
        Ok(())
    }
}

fn write_texts<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    texts: &[ByteArray],
) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.ok_or_else(no_column)?;
    column.typed::<ByteArrayType>().write_batch(texts, None, None)?;
    column.close()
}

fn write_optional<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &Optional,
) -> Result<(), ParquetError> {
    write_integers(group, &column.values, Some(&column.levels))
}

fn write_integers<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[i64],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.ok_or_else(no_column)?;
    column.typed::<Int64Type>().write_batch(values, levels, None)?;
    column.close()
}

fn no_column() -> ParquetError {
    ParquetError::General("the schema has fewer columns than are written".to_owned())
}

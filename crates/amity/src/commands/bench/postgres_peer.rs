//! The peer for durable ingest: the same partial-day rows into PostgreSQL, by COPY to a stage and upsert.

use std::fmt::Write;
use std::time::{Duration, Instant};

use sqlx::{Connection, Executor, PgConnection};
use store::registry::local_postgres::LocalPostgres;

use crate::output::Failure;
use crate::workload::{FILE_INTERVALS, INTERVAL_SECONDS, Workload};

/// Rows that are enough for a steady rate.
const ROWS_MAX: u64 = 2_000_000;

fn in_postgres(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::work("the PostgreSQL peer failed (install Debian's postgresql, or use --no-postgres)", error)
}

/// Rows per second of a throw-away PostgreSQL with its usual durability; making up the rows is not timed.
pub async fn rows_per_second(workload: &Workload) -> Result<f64, Failure> {
    let server = LocalPostgres::start().await.map_err(in_postgres)?;
    let url = server.create_database("bench").await.map_err(in_postgres)?;
    let mut connection = PgConnection::connect(&url).await.map_err(in_postgres)?;
    let tables = "CREATE TABLE reading (channel INT, at BIGINT, value INT, status INT, PRIMARY KEY (channel, at)); \
                  CREATE UNLOGGED TABLE stage (channel INT, at BIGINT, value INT, status INT)";
    connection.execute(tables).await.map_err(in_postgres)?;
    let (mut rows, mut duration) = (0, Duration::ZERO);
    for file in 0..workload.files() {
        let (text, count) = file_text(workload, file);
        let began = Instant::now();
        take_in(&mut connection, &text).await.map_err(in_postgres)?;
        duration += began.elapsed();
        rows += count;
        if ROWS_MAX <= rows {
            break;
        }
    }
    Ok(rows as f64 / duration.as_secs_f64())
}

async fn take_in(connection: &mut PgConnection, text: &str) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    transaction.execute("TRUNCATE stage").await?;
    let mut copy = transaction.copy_in_raw("COPY stage FROM STDIN").await?;
    copy.send(text.as_bytes()).await?;
    copy.finish().await?;
    let upsert = "INSERT INTO reading SELECT DISTINCT ON (channel, at) * FROM stage \
                  ON CONFLICT (channel, at) DO UPDATE SET value = excluded.value, status = excluded.status \
                  WHERE (reading.value, reading.status) IS DISTINCT FROM (excluded.value, excluded.status)";
    transaction.execute(upsert).await?;
    transaction.commit().await
}

fn file_text(workload: &Workload, file: u32) -> (String, u64) {
    let mut text = String::new();
    let mut count = 0;
    for piece in workload.file(file) {
        for slot in 0..FILE_INTERVALS {
            let at = piece.start + i64::from(slot * INTERVAL_SECONDS);
            let value = workload.value(piece.channel, at).unwrap_or(0);
            writeln!(text, "{}\t{at}\t{value}\t0", piece.channel).expect("memory");
            count += 1;
        }
    }
    (text, count)
}

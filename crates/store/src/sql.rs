//! One SQL text, two engines: SQLite (embedded) and PostgreSQL (scaled).
//!
//! Statements use `$1` parameters, `RETURNING` and `ON CONFLICT`, which mean the same on both. Only two
//! column types exist, `TEXT` and `BIGINT`; instants are microseconds since the Unix epoch. Everything
//! that differs between the engines is in this file.

mod argument;
mod text_enum;

use std::fs::File;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow, Postgres};
use sqlx::sqlite::SqliteSynchronous;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Connection as _, Decode, Row as _, SqlSafeStr, Type};

use crate::registry::RegistryError;
use crate::registry::tables::TABLES;

pub(super) use argument::{Argument, arguments};
pub(super) use text_enum::text_enum;

/// Connections that only read, per process.
const READERS_MAX: u32 = 4;
/// Rows that the thread of a SQLite connection hands over at once; the few of the default cost a switch of threads each.
const ROWS_AHEAD: usize = 1000;
/// How long a statement waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Parameters in one statement. Engines allow far more (32,766 and 65,535), but SQLite finds each `$n` by
/// walking the names before it, so that long statements take quadratic time.
const PARAMETERS_MAX: usize = 600;
/// The same where SQLite is given `?`, which has no name to be found.
const UNNAMED_MAX: usize = 6000;

/// Connections that counted wrongly and are replaced before a transaction is given up.
const REPLACEMENTS_MAX: u32 = 8;

/// The tables of a book and how its engine is set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schema {
    /// Name and text of each step, in order.
    pub(super) migrations: &'static [(&'static str, &'static str)],
    /// Where the engine keeps which of them it has run; books that share a database differ in it.
    pub(super) kept_in: &'static str,
    /// Further settings of SQLite.
    pub(super) pragmas: &'static [(&'static str, &'static str)],
}

/// A row of either engine.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a column may hold: a type both engines decode.
pub(super) trait Cell:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}
impl<T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>> Cell for T {}

impl Row {
    /// The value of a column.
    pub(super) fn get<T: Cell>(&self, column: &str) -> Result<T, RegistryError> {
        let value = match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        };
        value.map_err(RegistryError::Database)
    }

    /// The value of a text column in its type.
    pub(super) fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, RegistryError> {
        let text: String = self.get(column)?;
        text.parse().map_err(|_| RegistryError::Damaged { column, text })
    }

    /// The value of a text column that may be null, in its type.
    pub(super) fn parsed_or_null<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, RegistryError> {
        let text: Option<String> = self.get(column)?;
        text.map(|_| self.parsed(column)).transpose()
    }

    /// The whole number of a column in a narrower type.
    pub(super) fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, RegistryError> {
        let number: i64 = self.get(column)?;
        T::try_from(number).map_err(|_| RegistryError::Damaged { column, text: number.to_string() })
    }

    /// The whole number of a column that may be null, in a narrower type.
    pub(super) fn number_or_null<T: TryFrom<i64>>(&self, column: &'static str) -> Result<Option<T>, RegistryError> {
        let number: Option<i64> = self.get(column)?;
        number.map(|_| self.number(column)).transpose()
    }

    /// The instant of a column.
    pub(super) fn instant(&self, column: &'static str) -> Result<Timestamp, RegistryError> {
        let microseconds: i64 = self.get(column)?;
        Timestamp::from_microsecond(microseconds)
            .map_err(|_| RegistryError::Damaged { column, text: microseconds.to_string() })
    }

    /// The instant of a column that may be null.
    pub(super) fn instant_or_null(&self, column: &'static str) -> Result<Option<Timestamp>, RegistryError> {
        let microseconds: Option<i64> = self.get(column)?;
        microseconds.map(|_| self.instant(column)).transpose()
    }
}

/// The pools of one registry.
#[derive(Clone, Debug)]
pub(super) enum Database {
    /// One writing connection, so that writers queue instead of colliding, and several reading ones.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction; dropped without [`Transaction::commit`] it leaves no trace.
pub(super) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// Prepares a statement with its arguments; the engine follows from the executor.
macro_rules! prepared {
    ($sql:expr, $arguments:expr) => {{
        let mut query = sqlx::query($sql);
        for argument in $arguments {
            query = match argument {
                Argument::Text(text) => query.bind(text),
                Argument::Integer(integer) => query.bind(integer),
            };
        }
        query
    }};
}

impl Database {
    /// Connects to the registry and brings its schema up to date.
    pub(super) async fn open(url: &str) -> Result<Self, RegistryError> {
        Self::open_book(url, &TABLES).await
    }

    /// Connects to a book and brings its schema up to date.
    pub(super) async fn open_book(url: &str, schema: &Schema) -> Result<Self, RegistryError> {
        let open_error = |source| RegistryError::Open { url: without_password(url), source };
        let database = match url.split_once(':') {
            Some(("sqlite", path)) => {
                let path = Path::new(path.trim_start_matches("//"));
                let alone = alone_at(path).await.map_err(|error| open_error(sqlx::Error::Io(error)))?;
                let database = Self::open_sqlite(path, schema).await.map_err(open_error)?;
                database.migrate(url, schema).await?;
                drop(alone);
                database
            }
            Some(("postgres" | "postgresql", _)) => {
                let database = Self::open_postgres(url).await.map_err(open_error)?;
                database.migrate(url, schema).await?;
                database
            }
            _ => return Err(RegistryError::Address(without_password(url))),
        };
        Ok(database)
    }

    async fn open_sqlite(path: &Path, schema: &Schema) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .row_buffer_size(ROWS_AHEAD)
            .busy_timeout(BUSY_TIMEOUT);
        let options = schema.pragmas.iter().fold(options, |options, (name, value)| options.pragma(*name, *value));
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        let readers = SqlitePoolOptions::new().max_connections(READERS_MAX).connect_with(options).await?;
        Ok(Self::Sqlite { writer, readers })
    }

    async fn open_postgres(url: &str) -> Result<Self, sqlx::Error> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.application_name("amity").options([("synchronous_commit", "on")]);
        // A pool would try an unreachable server for a long time; the first connection says at once what is wrong.
        let mut first = PgConnection::connect_with(&options).await?;
        // SQLite calls byte order `binary`; giving PostgreSQL the same name keeps one text for both. The lock is
        // for processes that start at once.
        sqlx::raw_sql(
            "BEGIN; SELECT pg_advisory_xact_lock(61968); \
             CREATE COLLATION IF NOT EXISTS \"binary\" (LOCALE = 'C'); COMMIT",
        )
        .execute(&mut first)
        .await?;
        first.close().await?;
        let pool = PgPoolOptions::new().max_connections(READERS_MAX + 1).connect_with(options).await?;
        Ok(Self::Postgres(pool))
    }

    async fn migrate(&self, url: &str, schema: &Schema) -> Result<(), RegistryError> {
        let migrations = (1..).zip(schema.migrations.iter().copied()).map(|(version, (name, text))| {
            Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
        });
        let mut migrator = Migrator::with_migrations(migrations.collect());
        migrator.dangerous_set_table_name(schema.kept_in);
        match self {
            Self::Sqlite { writer, .. } => migrator.run(writer).await,
            Self::Postgres(pool) => migrator.run(pool).await,
        }
        .map_err(|source| RegistryError::Migrate { url: without_password(url), source })
    }

    /// Begins a transaction that only reads.
    pub(super) async fn begin_reading(&self) -> Result<Transaction, RegistryError> {
        let begun = match self {
            Self::Sqlite { readers, .. } => readers.begin().await.map(Transaction::Sqlite),
            Self::Postgres(pool) => pool.begin().await.map(Transaction::Postgres),
        };
        begun.map_err(RegistryError::Database)
    }

    /// Begins a write transaction; its commit is on disk when it returns.
    pub(super) async fn begin(&self) -> Result<Transaction, RegistryError> {
        let begun = match self {
            Self::Sqlite { writer, .. } => begin_writing(writer).await.map(Transaction::Sqlite),
            Self::Postgres(pool) => pool.begin().await.map(Transaction::Postgres),
        };
        begun.map_err(RegistryError::Database)
    }

    /// The rows of a query.
    pub(super) async fn rows(&self, sql: &'static str, arguments: Vec<Argument>) -> Result<Vec<Row>, RegistryError> {
        let rows = match self {
            Self::Sqlite { readers, .. } => prepared!(sql, arguments)
                .fetch_all(readers)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Self::Postgres(pool) => prepared!(sql, arguments)
                .fetch_all(pool)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        };
        rows.map_err(RegistryError::Database)
    }

    /// Hands over the rows of a query one after the other, where they are too many to be held at once.
    pub(super) async fn each(
        &self,
        sql: &'static str,
        arguments: Vec<Argument>,
        mut take: impl FnMut(&Row) -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError> {
        let mut rows = match self {
            Self::Sqlite { readers, .. } => prepared!(sql, arguments).fetch(readers).map_ok(Row::Sqlite).boxed(),
            Self::Postgres(pool) => prepared!(sql, arguments).fetch(pool).map_ok(Row::Postgres).boxed(),
        };
        while let Some(row) = rows.try_next().await.map_err(RegistryError::Database)? {
            take(&row)?;
        }
        Ok(())
    }

    /// The first row of a query.
    pub(super) async fn row(&self, sql: &'static str, arguments: Vec<Argument>) -> Result<Option<Row>, RegistryError> {
        Ok(self.rows(sql, arguments).await?.into_iter().next())
    }

    /// Runs one statement in its own transaction; answers how many rows it touched.
    pub(super) async fn execute(&self, sql: &'static str, arguments: Vec<Argument>) -> Result<u64, RegistryError> {
        let mut transaction = self.begin().await?;
        let touched = transaction.execute(sql, arguments).await?;
        transaction.commit().await?;
        Ok(touched)
    }

    /// Waits for running statements and closes every connection.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Transaction {
    /// The rows of a query, or of a statement with `RETURNING`.
    pub(super) async fn rows(
        &mut self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
    ) -> Result<Vec<Row>, RegistryError> {
        let rows = match self {
            Self::Sqlite(transaction) => prepared!(sql, arguments)
                .fetch_all(&mut **transaction)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Self::Postgres(transaction) => prepared!(sql, arguments)
                .fetch_all(&mut **transaction)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        };
        rows.map_err(RegistryError::Database)
    }

    /// The first row of a query.
    pub(super) async fn row(
        &mut self,
        sql: &'static str,
        arguments: Vec<Argument>,
    ) -> Result<Option<Row>, RegistryError> {
        Ok(self.rows(sql, arguments).await?.into_iter().next())
    }

    /// Runs a statement; answers how many rows it touched.
    pub(super) async fn execute(
        &mut self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
    ) -> Result<u64, RegistryError> {
        let touched = match self {
            Self::Sqlite(transaction) => {
                prepared!(sql, arguments).execute(&mut **transaction).await.map(|done| done.rows_affected())
            }
            Self::Postgres(transaction) => {
                prepared!(sql, arguments).execute(&mut **transaction).await.map(|done| done.rows_affected())
            }
        };
        touched.map_err(RegistryError::Database)
    }

    /// Inserts rows of equal width, many to a statement.
    ///
    /// `insert` is the text up to `VALUES`, `after` what follows the rows (`ON CONFLICT ..`, or empty).
    pub(super) async fn insert_many(
        &mut self,
        insert: &'static str,
        rows: Vec<Vec<Argument>>,
        after: &'static str,
    ) -> Result<u64, RegistryError> {
        let Some(width) = rows.first().map(Vec::len) else { return Ok(0) };
        let mut touched = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<_> = rows.by_ref().take(self.rows_max(width)).collect();
            let sql = format!("{insert} VALUES {} {after}", self.places(chunk.len(), width));
            touched += self.execute(AssertSqlSafe(sql), chunk.into_iter().flatten().collect()).await?;
        }
        Ok(touched)
    }

    /// The rows of `select` for any number of keys, in no particular order. `select` has `{keys}` where the table
    /// `wanted` of keys belongs, whose only column is `column1`; `fixed` are its other parameters.
    ///
    /// A join, and not `IN`: a planner without statistics would compare every row with every key.
    pub(super) async fn rows_for_keys(
        &mut self,
        select: &'static str,
        fixed: Vec<Argument>,
        keys: &[String],
    ) -> Result<Vec<Row>, RegistryError> {
        let mut rows = Vec::new();
        for chunk in keys.chunks(PARAMETERS_MAX) {
            let wanted = format!("(VALUES {}) AS wanted", placeholders(fixed.len() + 1, chunk.len(), 1));
            let keys = chunk.iter().map(|key| Argument::from(key.as_str()));
            let arguments = fixed.iter().cloned().chain(keys).collect();
            rows.extend(self.rows(AssertSqlSafe(select.replace("{keys}", &wanted)), arguments).await?);
        }
        Ok(rows)
    }

    /// As [`Transaction::rows_for_keys`] for keys of several columns, `column1` and on, and nothing else to bind.
    pub(super) async fn rows_for(
        &mut self,
        select: &'static str,
        keys: Vec<Vec<Argument>>,
    ) -> Result<Vec<Row>, RegistryError> {
        let Some(width) = keys.first().map(Vec::len) else { return Ok(Vec::new()) };
        let mut rows = Vec::new();
        for chunk in keys.chunks(self.rows_max(width)) {
            let wanted = format!("(VALUES {}) AS wanted", self.places(chunk.len(), width));
            let arguments = chunk.iter().flatten().cloned().collect();
            rows.extend(self.rows(AssertSqlSafe(select.replace("{keys}", &wanted)), arguments).await?);
        }
        Ok(rows)
    }

    /// How many rows of a width go into one statement.
    fn rows_max(&self, width: usize) -> usize {
        match self {
            Self::Sqlite(_) => UNNAMED_MAX / width,
            Self::Postgres(_) => PARAMETERS_MAX / width,
        }
    }

    /// The places of rows that are all parameters of a statement.
    fn places(&self, rows: usize, width: usize) -> String {
        match self {
            Self::Sqlite(_) => {
                let row = format!("({})", vec!["?"; width].join(", "));
                vec![row; rows].join(", ")
            }
            Self::Postgres(_) => placeholders(1, rows, width),
        }
    }

    /// Moves a counter on by `count` and answers its value before; holds the counter's row until the end,
    /// so that transactions which move the same counter run one after the other.
    pub(super) async fn advance(&mut self, counter: &'static str, count: i64) -> Result<i64, RegistryError> {
        let sql = "UPDATE counter SET value = value + $2 WHERE name = $1 RETURNING value";
        let row = self
            .row(sql, arguments![counter, count])
            .await?
            .ok_or_else(|| RegistryError::Damaged { column: "counter.name", text: counter.to_owned() })?;
        Ok(row.get::<i64>("value")? - count)
    }

    /// Makes everything of this transaction durable.
    pub(super) async fn commit(self) -> Result<(), RegistryError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
        .map_err(RegistryError::Database)
    }
}

/// Begins a transaction that may write. A deferred one that reads first cannot always become a writer later.
///
/// SQLite ends a transaction by itself when the disk is full, and the connection then counts wrongly for ever; it is
/// replaced by a new one, again where another writer was faster and met the full disk as well.
async fn begin_writing(writer: &SqlitePool) -> Result<sqlx::Transaction<'static, Sqlite>, sqlx::Error> {
    for _ in 0..REPLACEMENTS_MAX {
        match writer.begin_with("BEGIN IMMEDIATE").await {
            Err(sqlx::Error::InvalidSavePointStatement) => writer.acquire().await?.close().await?,
            begun => return begun,
        }
    }
    writer.begin_with("BEGIN IMMEDIATE").await
}

/// Waits until no other process creates or migrates the SQLite database at `path`; ends when dropped.
///
/// SQLite itself answers "locked" at once where two processes switch a new file to its write-ahead log.
async fn alone_at(path: &Path) -> io::Result<File> {
    let file = File::create(path.with_extension("lock"))?;
    tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await.map_err(io::Error::other)?
}

/// `($1, $2), ($3, $4)` for two rows of two, counted from parameter 1.
fn placeholders(first: usize, rows: usize, width: usize) -> String {
    let row = |row: usize| {
        let cells: Vec<String> = (0..width).map(|cell| format!("${}", first + row * width + cell)).collect();
        format!("({})", cells.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// The address with any password replaced, fit for messages and logs.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((credentials, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = credentials.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_count_through_the_rows() {
        assert_eq!(placeholders(1, 2, 2), "($1, $2), ($3, $4)");
        assert_eq!(placeholders(2, 1, 3), "($2, $3, $4)");
    }

    #[test]
    fn passwords_do_not_reach_messages() {
        assert_eq!(without_password("postgres://amity:secret@host:5432/amity"), "postgres://amity@host:5432/amity");
        assert_eq!(without_password("postgres://amity:p@ss@host/amity"), "postgres://amity@host/amity");
        assert_eq!(without_password("sqlite:/data/registry.db"), "sqlite:/data/registry.db");
    }
}

//! A throw-away PostgreSQL server for tests and benchmarks.
//!
//! Started from the programs Debian installs under `/usr/lib/postgresql`, on a free loopback port, in a
//! temporary folder. The server's own refusal to run as root is met by running it as user `postgres`.
//! Dropping [`LocalPostgres`] stops the server and removes the folder.

use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

/// Connection attempts before the server counts as failed, one every [`READY_PAUSE`].
const READY_ATTEMPTS_MAX: u32 = 600;
const READY_PAUSE: Duration = Duration::from_millis(50);
/// The account Debian's packages create for the server.
const SERVER_USER: &str = "postgres";

/// A running server; stopped when dropped.
#[derive(Debug)]
pub struct LocalPostgres {
    server: Child,
    port: u16,
    folder: PathBuf,
}

/// Why no server runs.
#[derive(Debug, thiserror::Error)]
pub enum LocalPostgresError {
    /// The programs are not on this machine.
    #[error("PostgreSQL is not installed: no {0}/*/bin/initdb; install it with `apt-get install postgresql`")]
    NotInstalled(&'static str),
    /// A program could not be started or a folder not be made.
    #[error("could not {action}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// `initdb` ended with an error.
    #[error("initdb failed: {0}")]
    Initdb(String),
    /// The server ended or did not answer in time.
    #[error("the server did not become ready: {0}")]
    NotReady(String),
}

impl LocalPostgres {
    /// Starts an empty server and waits until it answers.
    ///
    /// # Errors
    /// [`LocalPostgresError`].
    pub async fn start() -> Result<Self, LocalPostgresError> {
        let programs = programs()?;
        let as_root = rustix::process::getuid().is_root();
        let folder = new_folder(as_root)?;
        let data = folder.join("data");
        let mut initdb = server_command(&programs.join("initdb"), as_root);
        initdb.args(["--username", SERVER_USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]);
        let made = initdb.arg("--pgdata").arg(&data).current_dir(&folder).output();
        let made = made.map_err(|source| LocalPostgresError::Io { action: "start initdb", source })?;
        if !made.status.success() {
            return Err(LocalPostgresError::Initdb(String::from_utf8_lossy(&made.stderr).into_owned()));
        }
        let port = free_port().map_err(|source| LocalPostgresError::Io { action: "find a free port", source })?;
        let mut server = server_command(&programs.join("postgres"), as_root);
        server.arg("-D").arg(&data).arg("-k").arg(&folder).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        let server =
            server.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let server = server.map_err(|source| LocalPostgresError::Io { action: "start postgres", source })?;
        let mut local = Self { server, port, folder };
        local.wait_until_ready().await?;
        Ok(local)
    }

    /// The address of a database of this server (`postgres` always exists).
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SERVER_USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes a new empty database and answers its address.
    ///
    /// # Errors
    /// What the server said; the name must be a plain identifier.
    pub async fn create_database(&self, name: &str) -> Result<String, sqlx::Error> {
        let mut connection = PgConnection::connect(&self.url("postgres")).await?;
        let sql = format!("CREATE DATABASE \"{}\"", name.replace('"', ""));
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await?;
        connection.close().await?;
        Ok(self.url(name))
    }

    async fn wait_until_ready(&mut self) -> Result<(), LocalPostgresError> {
        let mut last = String::new();
        for _ in 0..READY_ATTEMPTS_MAX {
            if let Ok(Some(status)) = self.server.try_wait() {
                return Err(LocalPostgresError::NotReady(format!("it ended with {status}")));
            }
            match PgConnection::connect(&self.url("postgres")).await {
                Ok(connection) => {
                    drop(connection);
                    return Ok(());
                }
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(READY_PAUSE).await;
        }
        Err(LocalPostgresError::NotReady(last))
    }
}

impl Drop for LocalPostgres {
    fn drop(&mut self) {
        // The server is our child itself, also under setpriv, which replaces its own process. SIGQUIT is PostgreSQL's
        // immediate shutdown: nothing here is to be kept, and its own processes get five seconds at most.
        if let Some(pid) = i32::try_from(self.server.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
        }
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The folder of the newest installed server programs.
fn programs() -> Result<PathBuf, LocalPostgresError> {
    const ROOT: &str = "/usr/lib/postgresql";
    let version = |folder: &PathBuf| folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let installed = std::fs::read_dir(ROOT).into_iter().flatten().flatten().map(|entry| entry.path());
    installed
        .filter(|folder| folder.join("bin/initdb").exists())
        .max_by_key(version)
        .map(|folder| folder.join("bin"))
        .ok_or(LocalPostgresError::NotInstalled(ROOT))
}

/// A command that runs a server program, as [`SERVER_USER`] when we are root.
fn server_command(program: &Path, as_root: bool) -> Command {
    if !as_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={SERVER_USER}"))
        .arg(format!("--regid={SERVER_USER}"))
        .arg("--init-groups")
        .arg(program);
    command
}

fn new_folder(as_root: bool) -> Result<PathBuf, LocalPostgresError> {
    let folder = std::env::temp_dir().join(format!("amity-postgres-{}", uuid::Uuid::new_v4().simple()));
    let io = |action| move |source| LocalPostgresError::Io { action, source };
    std::fs::create_dir(&folder).map_err(io("make a folder for the server"))?;
    if as_root {
        let owner = Command::new("chown").arg(SERVER_USER).arg(&folder).status();
        owner.map_err(io("give the folder to the server's user"))?;
    }
    Ok(folder)
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

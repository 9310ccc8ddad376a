//! Runs the program and reads what it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The program over a data folder of its own.
pub struct Program {
    /// Everything of this test lies below.
    pub folder: tempfile::TempDir,
}

/// What a run of the program ended with.
#[derive(Debug)]
pub struct Ended {
    /// Exit status.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub talk: String,
}

impl Program {
    /// A program with an empty folder and no installation.
    pub fn without_installation() -> Self {
        Self { folder: tempfile::tempdir().expect("temporary folder") }
    }

    /// A program with a new installation.
    pub fn with_installation(arguments: &[&str]) -> Self {
        let program = Self::without_installation();
        let ended = program.run(&[&["init"], arguments].concat());
        assert_eq!(ended.code, 0, "{ended:?}");
        program.takes_any_age();
        program
    }

    /// Files of tests keep their dates while the clock of the machine goes on.
    fn takes_any_age(&self) {
        let path = self.data().join("amity.toml");
        let settings = std::fs::read_to_string(&path).expect("settings");
        let changed = settings.replace("age_days_max = 1096", "age_days_max = 0");
        assert_ne!(changed, settings, "{} does not limit the age of readings as this test expects", path.display());
        std::fs::write(path, changed).expect("written");
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// The command of a call, not started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_amity"));
        command.arg("--data").arg(self.data()).args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs a call to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        let output = self.command(arguments).output().expect("the program starts");
        Ended::of(&output)
    }

    /// Runs a call that must succeed and answer with one JSON document.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.run(arguments);
        serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
    }

    /// Writes a file into the folder and names it.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).expect("write");
        path.to_str().expect("UTF-8 path").to_owned()
    }
}

impl Ended {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            talk: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The folder of real files that no one here wrote; `None` (and a line that says so) where there is none.
pub fn real_data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("AMITY_REAL_DATA").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no folder of real files (set AMITY_REAL_DATA)");
    None
}

//! Folders.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use headend::folder::{Folder, Settings};
use headend::{HeadEnd, Trouble};
use tempfile::TempDir;

use crate::contract::{StandIn, holds};

/// Long after everything that is written, but what is being written.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000)
}

/// What writes files into a folder, each a second after the one before and all of them long ago.
struct Drop {
    folder: TempDir,
    written: u64,
}

impl Drop {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), written: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("drop").join(name)
    }

    fn write(&mut self, name: &str, bytes: &[u8], modified: SystemTime) {
        fs::create_dir_all(self.path("")).expect("made");
        fs::write(self.path(name), bytes).expect("written");
        let file = File::options().append(true).open(self.path(name)).expect("opened");
        file.set_modified(modified).expect("stamped");
    }
}

impl StandIn for Drop {
    type HeadEnd = Folder;

    fn is_down(trouble: &Trouble) -> bool {
        matches!(trouble, Trouble::Refused(_))
    }

    fn head_end(&self) -> Folder {
        fs::create_dir_all(self.path("")).expect("made");
        Folder::new(Settings { folder: self.path(""), settled_seconds: 2 }, now)
    }

    fn publish(&mut self, name: &str, bytes: &[u8]) {
        self.written += 1;
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + self.written);
        self.write(name, bytes, modified);
    }

    fn begin(&mut self, name: &str, bytes: &[u8]) -> bool {
        self.publish(&format!("{name}.part"), bytes);
        self.publish(&format!(".{name}"), bytes);
        self.write(&format!("{name} of now"), bytes, now());
        true
    }

    fn set_down(&mut self, is_down: bool) {
        let (here, gone) = (self.folder.path().join("drop"), self.folder.path().join("gone"));
        let (from, to) = if is_down { (here, gone) } else { (gone, here) };
        fs::rename(from, to).expect("moved");
    }

    fn set_busy(&mut self, _seconds: Option<u32>) -> bool {
        false
    }
}

#[tokio::test]
async fn a_folder_holds_the_contract() {
    holds(Drop::new()).await;
}

#[tokio::test]
async fn what_was_taken_is_kept_and_never_written_over() {
    let mut drop = Drop::new();
    let mut folder = drop.head_end();
    for content in [b"first", b"other", b"third"] {
        drop.publish("same.csv", content);
        let delivery = folder.pull(None).await.expect("no trouble").expect("a delivery");
        folder.taken(&delivery).await.expect("moved");
    }
    let kept = |name: &str| fs::read(drop.path("taken").join(name)).expect("kept");
    assert_eq!(
        (kept("same.csv"), kept("2.same.csv"), kept("3.same.csv")),
        (b"first".to_vec(), b"other".to_vec(), b"third".to_vec())
    );
}

#[tokio::test]
async fn what_cannot_be_moved_is_said_and_not_taken_again() {
    let mut drop = Drop::new();
    let mut folder = drop.head_end();
    // Where the folder for files that were taken should be lies a file, which itself is none of the deliveries.
    drop.write("taken", b"in the way", now());
    drop.publish("one.csv", b"1");
    let delivery = folder.pull(None).await.expect("no trouble").expect("a delivery");
    let trouble = folder.taken(&delivery).await.expect_err("in the way");
    assert!(trouble.to_string().contains("one.csv was taken and cannot be moved to `taken`"), "{trouble}");
    assert_eq!(folder.pull(None).await, Ok(None));
    drop.publish("one.csv", b"changed");
    assert!(folder.pull(None).await.expect("no trouble").is_some(), "another content is another delivery");
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_taken_stays_and_is_a_delivery_again() {
    let mut drop = Drop::new();
    let mut folder = drop.head_end();
    drop.publish("slow.csv", b"half");
    let half = folder.pull(None).await.expect("no trouble").expect("a delivery");
    drop.publish("slow.csv", b"half and half");
    folder.taken(&half).await.expect("no trouble");
    let whole = folder.pull(None).await.expect("no trouble").expect("a delivery again");
    assert_eq!(fs::read(drop.path("slow.csv")).expect("still there"), b"half and half");
    folder.taken(&whole).await.expect("moved");
    assert_eq!(fs::read(drop.path("taken/slow.csv")).expect("kept"), b"half and half");
}

#[tokio::test]
async fn links_are_no_deliveries_and_hold_up_nobody() {
    let mut drop = Drop::new();
    let mut folder = drop.head_end();
    let secret = drop.folder.path().join("secret");
    fs::write(&secret, b"of somebody else").expect("written");
    for (link, target) in [
        ("to a file", secret.as_path()),
        ("to itself", &drop.path("to itself")),
        ("to nothing", std::path::Path::new("/nowhere")),
    ] {
        std::os::unix::fs::symlink(target, drop.path(link)).expect("linked");
    }
    assert_eq!(folder.pull(None).await, Ok(None));
    drop.publish("one.csv", b"1");
    assert_eq!(folder.pull(None).await.expect("no trouble").expect("a delivery").name, "one.csv");
}

#[tokio::test]
async fn a_folder_that_is_not_there_needs_other_settings() {
    let drop = Drop::new();
    let mut folder = Folder::new(Settings { folder: drop.path("nowhere"), settled_seconds: 0 }, now);
    let trouble = folder.pull(None).await.expect_err("not there");
    assert!(matches!(&trouble, Trouble::Refused(why) if why.starts_with("there is no folder ")), "{trouble:?}");
}

//! A data folder on a full disk: nothing is acknowledged, nothing is lost, reads go on, and it resumes by itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::program::Program;

/// A small file system in memory; gone with this value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, and a line that says so, where mounting is not allowed.
    fn mount(path: &Path) -> Option<Self> {
        std::fs::create_dir_all(path).expect("folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=300m", "tmpfs"]).arg(path).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(path.to_owned()));
        }
        println!("skipped: mounting a small disk is not allowed here");
        None
    }

    /// Takes the free space away except for about this much.
    fn fill(&self, left_bytes: u64) {
        let hog = std::fs::File::create(self.0.join("hog")).expect("hog");
        let mut free = 300_u64 << 20;
        let block = vec![1_u8; 64 << 10];
        let mut hog_writer = &hog;
        while hog_writer.write_all(&block).is_ok() {
            free = free.saturating_sub(block.len() as u64);
        }
        let length = hog.metadata().expect("length").len();
        hog.set_len(length.saturating_sub(left_bytes)).expect("shrink");
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("hog")).expect("hog");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A mount that cannot be removed now goes with the machine.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// A served installation; ended with this value.
pub struct Served {
    child: Child,
    /// Host and port.
    pub address: String,
}

impl Served {
    /// Starts the server on a free port and waits for its address.
    pub fn start(program: &Program) -> Self {
        let mut command = program.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("address");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next());
        let address = address.unwrap_or_else(|| panic!("no address in `{line}`")).to_owned();
        Self { child, address }
    }

    /// One request; answers status and body.
    pub fn request(&self, method: &str, path: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("connect");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/octet-stream\r\nAmity-Request: test\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("send");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("answer");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let body = answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned());
        (status, body)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A day of one channel that does not compress away.
fn day(number: u32) -> String {
    let mut text = "usage_point_id,uom,start,end,value\n".to_owned();
    let start = 1_767_225_600 + i64::from(number) * 86_400;
    for slot in 0..96_i64 {
        let begin = jiff::Timestamp::from_second(start + slot * 900).expect("instant");
        let end = jiff::Timestamp::from_second(start + slot * 900 + 900).expect("instant");
        let value = (slot * 7919 + i64::from(number) * 104_729) % 9973;
        text.push_str(&format!("UP1,kWh,{begin},{end},{}.{:03}\n", value / 1000, value % 1000));
    }
    text
}

// covers: THR-10
#[test]
fn a_full_disk_refuses_and_resumes_by_itself() {
    let program = Program::without_installation();
    let Some(disk) = SmallDisk::mount(&program.path("data")) else { return };
    assert_eq!(program.run(&["init", "--register"]).code, 0);
    let served = Served::start(&program);
    let (status, body) = served.request("POST", "/api/v1/readings?source=test&name=first", day(0).as_bytes());
    assert!((200..300).contains(&status), "{status} {body}");

    disk.fill(0);
    let mut refused = 0;
    let mut acknowledged = vec![0];
    for number in 1..40 {
        let path = format!("/api/v1/readings?source=test&name=day-{number}");
        let (status, body) = served.request("POST", &path, day(number).as_bytes());
        match status {
            200..300 => acknowledged.push(number),
            507 | 503 => refused += 1,
            other => panic!("expected 2xx, 503 or 507, found {other}: {body}"),
        }
    }
    assert!(0 < refused, "the disk was never full");
    let (status, body) = served.request("GET", "/api/v1/fleet", b"");
    assert_eq!(status, 200, "reads go on: {body}");

    disk.free();
    for number in 1..40 {
        let path = format!("/api/v1/readings?source=test&name=day-{number}");
        let (status, body) = served.request("POST", &path, day(number).as_bytes());
        assert!((200..300).contains(&status), "with space again: {status} {body}");
        acknowledged.push(number);
    }
    drop(served);
    let read = program.json(&["read", "0", "--json"]);
    let days: std::collections::BTreeSet<_> = acknowledged.into_iter().collect();
    assert_eq!(read["intervals"].as_array().map(Vec::len), Some(days.len() * 96));
}

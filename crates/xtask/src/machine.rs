//! What the tests and the demonstration need on this machine, and how it gets there.
//!
//! Everything is looked for first; only what is missing is installed: programs from Debian's packages, cargo's own
//! tools with `cargo install` (not optimised, which takes a third of the time and changes nothing for us).

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::repository::Repository;
use crate::step::{self, Failure};

/// A program from Debian's packages.
struct Program {
    /// What it is for.
    purpose: &'static str,
    /// Any of these names will do.
    names: &'static [&'static str],
    packages: &'static [&'static str],
}

/// The page is built by these.
const PAGE: [Program; 2] = [
    Program { purpose: "build the page", names: &["node"], packages: &["nodejs"] },
    Program { purpose: "build the page", names: &["npm"], packages: &["npm"] },
];

/// The tests also start these.
const TESTS: [Program; 4] = [
    Program { purpose: "the second engine of the registry", names: &["initdb"], packages: &["postgresql"] },
    Program {
        purpose: "look at the page",
        names: &["chromium", "chromium-browser", "google-chrome"],
        packages: &["chromium", "fonts-dejavu-core"],
    },
    Program { purpose: "a broker for head-ends that push", names: &["mosquitto"], packages: &["mosquitto"] },
    Program { purpose: "start PostgreSQL as another user than root", names: &["runuser"], packages: &["util-linux"] },
];

/// The oldest Node.js that builds the page.
const NODE_MAJOR_MIN: u32 = 20;
/// Where a newer one goes, in the target folder.
const NODE_FOLDER: &str = "tools/node";

/// Makes sure that the page can be built: npm, and a Node.js that is new enough.
pub fn prepare_for_page(repository: &Repository) -> Result<(), Failure> {
    install_missing(repository, &PAGE)?;
    let path = path_with_node(repository)?;
    let version = step::printed(step::command(repository.root(), "node", &["--version"]).env("PATH", path));
    let version = version.unwrap_or_default();
    if node_major(&version).is_some_and(|major| major >= NODE_MAJOR_MIN) {
        return Ok(());
    }
    // Debian 12 packages Node.js 18; the npm registry packages the program itself.
    eprintln!("    Node.js {} is too old: installing a newer one beside it", version.trim());
    let folder = repository.target()?.join(NODE_FOLDER);
    let arguments = ["install", "--no-audit", "--no-fund", "--prefix", &folder.to_string_lossy(), &node_package("@22")];
    step::succeed(
        &mut step::command(repository.root(), "npm", &arguments),
        &format!("install Node.js {NODE_MAJOR_MIN} or newer by hand; Debian 13 has it"),
    )
}

/// The path of programs, with the Node.js that we installed first if there is one.
pub fn path_with_node(repository: &Repository) -> Result<OsString, Failure> {
    let ours = repository.target()?.join(NODE_FOLDER).join("node_modules").join(node_package("")).join("bin");
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = ours.is_dir().then_some(ours).into_iter().chain(env::split_paths(&path));
    env::join_paths(folders).map_err(|error| Failure::new(format!("PATH: {error}"), "move the target folder"))
}

/// The npm package that is the program for this machine.
fn node_package(version: &str) -> String {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    format!("node-linux-{architecture}{version}")
}

/// Makes sure that the servers and the browser of the tests are there.
pub fn prepare_for_tests(repository: &Repository) -> Result<(), Failure> {
    install_missing(repository, &TESTS)
}

/// The path of a cargo tool such as `cargo-nextest`, installed into the target folder if it is nowhere else.
pub fn cargo_tool(repository: &Repository, name: &str) -> Result<String, Failure> {
    let tools = repository.target()?.join("tools");
    let installed = tools.join("bin").join(name);
    if let Some(path) = find(name).or_else(|| installed.is_file().then_some(installed.clone())) {
        return Ok(path.to_string_lossy().into_owned());
    }
    eprintln!("    {name} is missing: installing it takes a few minutes, once");
    let root = tools.to_string_lossy();
    let arguments = ["install", name, "--locked", "--debug", "--quiet", "--root", root.as_ref()];
    let mut command = step::cargo(repository.root(), &arguments);
    // The build of a tool must not share, and thereby spoil, the results of ours.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_TARGET_DIR", tools.join("build"));
    step::succeed(&mut command, &format!("install it by hand: `cargo install {name} --locked`"))?;
    Ok(installed.to_string_lossy().into_owned())
}

fn install_missing(repository: &Repository, programs: &[Program]) -> Result<(), Failure> {
    let missing: Vec<&Program> = programs.iter().filter(|program| !is_here(program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for program in &missing {
        eprintln!("    missing: {} (to {})", program.names[0], program.purpose);
    }
    let packages: Vec<&str> = missing.iter().flat_map(|program| program.packages).copied().collect();
    let by_hand = format!("install by hand: apt-get install {}", packages.join(" "));
    if find("apt-get").is_none() {
        return Err(Failure::new("this machine has no apt-get", by_hand));
    }
    // Packages ask questions otherwise, and nobody is there to answer.
    let apt = |arguments: &[&str]| {
        let as_root =
            step::printed(&mut step::command(repository.root(), "id", &["-u"])).is_some_and(|id| id.trim() == "0");
        let words =
            if as_root { [&["apt-get"], arguments].concat() } else { [&["sudo", "-n", "apt-get"], arguments].concat() };
        let mut command = step::command(repository.root(), words[0], &words[1..]);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        step::succeed(&mut command, &by_hand)
    };
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages.as_slice()].concat())
}

fn is_here(program: &Program) -> bool {
    program.names.iter().any(|name| find(name).is_some())
}

/// Where `name` is: on the path of this process or in a folder where Debian keeps servers.
fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let servers = Path::new("/usr/lib/postgresql");
    let versions = servers.read_dir().into_iter().flatten().flatten().map(|version| version.path().join("bin"));
    let more = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(more).chain(versions).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn node_major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_is_found_and_nonsense_is_not() {
        assert!(find("sh").is_some());
        assert_eq!(find("no-such-program"), None);
    }

    #[test]
    fn node_tells_its_version_with_a_letter() {
        assert_eq!(node_major("v20.20.2\n"), Some(20));
        assert_eq!(node_major(""), None);
    }
}

//! Where the repository is and which files it holds.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::step::{self, Failure};

/// Folders that hold results, not sources.
const RESULTS: [&str; 7] = [".git", "target", "node_modules", "dist", "corpus", "artifacts", "test-results"];

/// A working tree of Amity.
pub struct Repository {
    root: PathBuf,
}

/// One text file of the working tree.
pub struct TextFile {
    /// Path from the root, with `/` between its parts.
    pub path: String,
    pub text: String,
}

impl Repository {
    /// The workspace that the running `cargo xtask` belongs to.
    pub fn locate() -> Result<Self, Failure> {
        let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).join("../..");
        let root = root
            .canonicalize()
            .map_err(|error| Failure::new(format!("{}: {error}", root.display()), "run it as `cargo xtask`"))?;
        Ok(Self { root })
    }

    /// A tree somewhere else, for tests.
    #[cfg(test)]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Where cargo writes its results; settings and the environment may move it.
    pub fn target(&self) -> Result<PathBuf, Failure> {
        #[derive(Deserialize)]
        struct Metadata {
            target_directory: PathBuf,
        }
        let text = step::printed(&mut step::cargo(&self.root, &["metadata", "--no-deps", "--format-version", "1"]));
        let metadata: Option<Metadata> = text.and_then(|text| serde_json::from_str(&text).ok());
        let metadata = metadata.ok_or_else(|| {
            Failure::new(
                "`cargo metadata` failed",
                "run `cargo metadata --no-deps` to see why; a Cargo.toml is likely wrong",
            )
        })?;
        Ok(metadata.target_directory)
    }

    /// The text of one file that must exist.
    pub fn read(&self, relative: &str) -> Result<String, Failure> {
        let path = self.path(relative);
        fs::read_to_string(&path).map_err(|error| {
            Failure::new(format!("{relative} could not be read: {error}"), "restore the file, or correct what names it")
        })
    }

    /// Every text file under `folder` (from the root, `""` for all) whose name ends in one of `endings`, by path.
    /// Files that are not UTF-8 are no text and are left out.
    pub fn files(&self, folder: &str, endings: &[&str]) -> Result<Vec<TextFile>, Failure> {
        let mut found = Vec::new();
        let start = if folder.is_empty() { self.root.clone() } else { self.path(folder) };
        if start.is_dir() {
            self.collect(&start, endings, &mut found)
                .map_err(|error| Failure::new(format!("{}: {error}", start.display()), "make the folder readable"))?;
        }
        found.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(found)
    }

    fn collect(&self, folder: &Path, endings: &[&str], found: &mut Vec<TextFile>) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let kind = entry.file_type()?;
            if kind.is_dir() && !RESULTS.contains(&name.as_ref()) {
                self.collect(&entry.path(), endings, found)?;
            } else if kind.is_file()
                && endings.iter().any(|ending| name.ends_with(ending))
                && let Ok(text) = fs::read_to_string(entry.path())
            {
                let path = entry.path();
                let path = path.strip_prefix(&self.root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                found.push(TextFile { path, text });
            }
        }
        Ok(())
    }
}

//! What will be written where; compared with what is there before anything is touched.

use std::fs;
use std::path::{Path, PathBuf};

use crate::problems::Problems;
use crate::project::show;

/// Files to write below a folder, in this order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The folder.
    pub root: PathBuf,
    /// The files.
    pub files: Vec<File>,
}

/// One file of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where, below the root.
    pub path: String,
    /// What it shall hold.
    pub text: String,
    /// What it held when the plan was made, for files that are edited; `None` for files that are made.
    pub edits: Option<String>,
}

/// What the plan means for one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It will be made.
    Create,
    /// It will be edited.
    Edit,
    /// It is already as it should be.
    Nothing,
}

impl File {
    /// A file to make.
    pub fn new(path: impl Into<String>, text: String) -> Self {
        Self { path: path.into(), text, edits: None }
    }
}

impl Plan {
    /// What is to be done for each file.
    ///
    /// # Errors
    /// When files of other content are in the way: they are the user's and never overwritten.
    pub fn changes(&self) -> Result<Vec<(Change, &File)>, Problems> {
        let mut changes = Vec::new();
        let mut kept = Vec::new();
        for file in &self.files {
            let path = self.root.join(&file.path);
            let change = match (fs::read_to_string(&path), &file.edits) {
                (Ok(found), _) if found == file.text => Change::Nothing,
                (Ok(found), Some(before)) if found == *before => Change::Edit,
                (Err(_), None) if !path.exists() => Change::Create,
                _ => {
                    kept.push(file.path.clone());
                    continue;
                }
            };
            changes.push((change, file));
        }
        if kept.is_empty() {
            return Ok(changes);
        }
        Err(Problems::one(
            format!("there already, and different from what would be written: {}", kept.join(", ")),
            "edit these files: they are yours and are never overwritten; or choose another name",
        ))
    }

    /// Carries the plan out, or only shows it; prints each file.
    ///
    /// # Errors
    /// As [`Plan::changes`], and when a file cannot be written: what was written before it is then taken back.
    pub fn carry_out(&self, dry_run: bool) -> Result<bool, Problems> {
        let changes = self.changes()?;
        let mut done: Vec<(Change, &File)> = Vec::new();
        for (change, file) in changes.into_iter().filter(|(change, _)| *change != Change::Nothing) {
            let path = self.root.join(&file.path);
            if !dry_run && let Err(error) = write(&path, &file.text) {
                self.take_back(&done);
                return Err(Problems::one(
                    format!("{} cannot be written: {error}", show(&path)),
                    "make the folder writable",
                ));
            }
            done.push((change, file));
        }
        for (change, file) in &done {
            println!(
                "{} {}",
                if *change == Change::Edit { '~' } else { '+' },
                show(&self.root.join(&file.path))
            );
        }
        Ok(!done.is_empty())
    }

    fn take_back(&self, done: &[(Change, &File)]) {
        for (_, file) in done {
            let path = self.root.join(&file.path);
            // The first failure is the one to report.
            let _ = match &file.edits {
                Some(before) => fs::write(path, before),
                None => fs::remove_file(path),
            };
        }
    }
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

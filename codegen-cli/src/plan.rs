//! What will be written where; compared with what is there before anything is touched.

use std::path::{Path, PathBuf};
use std::{fs, io};

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
        let mut changes = self.changes()?;
        changes.retain(|(change, _)| *change != Change::Nothing);
        if !dry_run {
            self.write(&changes)?;
        }
        for (change, file) in &changes {
            println!(
                "{} {}",
                if *change == Change::Edit { '~' } else { '+' },
                show(&self.root.join(&file.path))
            );
        }
        Ok(!changes.is_empty())
    }

    fn write(&self, changes: &[(Change, &File)]) -> Result<(), Problems> {
        let mut folders = Vec::new();
        for (at, (_, file)) in changes.iter().enumerate() {
            let path = self.root.join(&file.path);
            if let Err(error) = write(&path, &file.text, &mut folders) {
                self.take_back(changes.get(..at).unwrap_or_default(), &folders);
                return Err(Problems::one(
                    format!("{} cannot be written: {error}", show(&path)),
                    remedy(error.kind()),
                ));
            }
        }
        Ok(())
    }

    /// Puts everything back; the first failure is the one to report, so that others are passed over.
    fn take_back(&self, done: &[(Change, &File)], folders: &[PathBuf]) {
        for (_, file) in done {
            let path = self.root.join(&file.path);
            let _ = match &file.edits {
                Some(before) => replace(&path, before),
                None => fs::remove_file(path),
            };
        }
        for folder in folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Writes a file, and notes the folders that it makes on the way.
fn write(path: &Path, text: &str, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let folders = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    let missing: Vec<&Path> = folders.take_while(|folder| !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        fs::create_dir(folder)?;
        made.push(folder.to_owned());
    }
    replace(path, text)
}

/// A file is there as a whole or not at all: its text goes to another one first, which then takes its name.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // What a link points to is written, and the link stays.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let is_locked = |file: fs::Metadata| file.permissions().readonly();
    if fs::metadata(&path).is_ok_and(is_locked) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = fs::write(&part, text)
        .and_then(|()| match fs::metadata(&path) {
            Ok(before) => fs::set_permissions(&part, before.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| fs::rename(&part, &path));
    if written.is_err() {
        let _ = fs::remove_file(part);
    }
    written
}

/// What to do about a file that cannot be written.
fn remedy(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::PermissionDenied => "make the file and its folder writable",
        io::ErrorKind::ReadOnlyFilesystem => "choose a folder on a file system that can be written",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on the disk",
        io::ErrorKind::NotADirectory
        | io::ErrorKind::AlreadyExists
        | io::ErrorKind::IsADirectory => {
            "move what is in the way: one part of the path is a file where a folder belongs, or the reverse"
        }
        _ => "correct what the system says, then run the command again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_run_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        fs::write(root.join("edited"), "before").unwrap();
        fs::write(root.join("wall"), "mine").unwrap();
        let edited =
            File { path: "edited".into(), text: "after".into(), edits: Some("before".into()) };
        let files = vec![
            edited,
            File::new("new/deep/file", "text".into()),
            File::new("wall/file", "text".into()),
        ];
        let plan = Plan { root: root.clone(), files };
        let problems = plan.carry_out(false).unwrap_err();
        assert!(problems.0[0].fix.contains("in the way"), "{problems}");
        assert_eq!(fs::read_to_string(root.join("edited")).unwrap(), "before");
        let mut left: Vec<_> =
            fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["edited", "wall"]);
    }

    #[test]
    fn a_file_that_is_locked_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "mine").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert!(replace(&path, "other").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn the_fix_follows_from_the_failure() {
        assert_eq!(remedy(io::ErrorKind::StorageFull), "make room on the disk");
        assert_eq!(
            remedy(io::ErrorKind::PermissionDenied),
            "make the file and its folder writable"
        );
    }
}

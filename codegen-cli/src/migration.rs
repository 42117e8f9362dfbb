//! Names of migrations: `<YYYYMMDDHHMMSS>_<name>`, later than every other of the project.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::problems::Problems;

/// A new folder for a migration, behind all others.
///
/// # Errors
/// When another migration has the name.
pub fn new_folder(migrations: &Path, name: &str) -> Result<String, Problems> {
    let folders = folders(migrations);
    let Some(taken) = latest(&folders, name) else { return Ok(stamped(&folders, name, now())) };
    Err(Problems::one(
        format!("the name `{name}` is taken: migrations/{taken} is there already"),
        format!("choose another name, such as `{name}_again`"),
    ))
}

/// The folder of the migration that makes a table: the one that is there, where it still counts, else a new one.
pub fn folder_of_table(migrations: &Path, name: &str, is_in_schema: bool) -> String {
    choose(&folders(migrations), name, is_in_schema, now())
}

fn choose(folders: &[String], name: &str, is_in_schema: bool, now: u64) -> String {
    let newest = folders.iter().filter(|folder| stamp_of(folder).is_some()).max();
    // A table that the schema lacks was dropped since, unless the run that made the last migration was interrupted.
    latest(folders, name)
        .filter(|folder| is_in_schema || newest == Some(folder))
        .cloned()
        .unwrap_or_else(|| stamped(folders, name, now))
}

/// The last folder with this name.
fn latest<'a>(folders: &'a [String], name: &str) -> Option<&'a String> {
    let is_named = |folder: &&String| folder.split_once('_').is_some_and(|(_, it)| it == name);
    folders.iter().filter(is_named).max()
}

fn stamped(folders: &[String], name: &str, now: u64) -> String {
    let last = folders.iter().filter_map(|folder| stamp_of(folder)).max();
    format!("{}_{name}", stamp(last.map_or(now, |last| now.max(last + 1))))
}

fn stamp_of(folder: &str) -> Option<u64> {
    folder.split_once('_').and_then(|(stamp, _)| seconds(stamp))
}

fn folders(migrations: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(migrations).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

const DAY: u64 = 86_400;

/// Seconds since 1970 as `YYYYMMDDHHMMSS`.
fn stamp(seconds: u64) -> String {
    let (mut days, rest) = (seconds / DAY, seconds % DAY);
    let mut year = 1970;
    while days >= days_of_year(year) {
        days -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_of_month(year, month) {
        days -= days_of_month(year, month);
        month += 1;
    }
    format!(
        "{year:04}{month:02}{:02}{:02}{:02}{:02}",
        days + 1,
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// Seconds since 1970 of a stamp, if it is one.
fn seconds(stamp: &str) -> Option<u64> {
    let part = |from: usize, to: usize| stamp.get(from..to)?.parse::<u64>().ok();
    if stamp.len() != 14 {
        return None;
    }
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    if year < 1970 || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let days: u64 = (1970..year).map(days_of_year).sum::<u64>()
        + (1..month).map(|month| days_of_month(year, month)).sum::<u64>()
        + day
        - 1;
    Some(days * DAY + part(8, 10)? * 3600 + part(10, 12)? * 60 + part(12, 14)?)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_calendar_dates() {
        assert_eq!(stamp(0), "19700101000000");
        assert_eq!(stamp(951_782_400), "20000229000000");
        assert_eq!(stamp(1_795_237_199), "20261121045959");
    }

    #[test]
    fn stamps_can_be_read_back() {
        for second in [0, 1, 951_868_799, 951_868_800, 1_795_237_199, 4_102_444_800] {
            assert_eq!(seconds(&stamp(second)), Some(second));
        }
        assert_eq!(seconds("2026"), None);
        assert_eq!(seconds("20261321000000"), None);
    }

    #[test]
    fn a_migration_that_is_there_keeps_its_name_and_new_ones_come_last() {
        let folders = ["20991231235959_create_notes".to_owned()];
        assert_eq!(choose(&folders, "create_notes", true, 0), folders[0]);
        assert_eq!(choose(&folders, "create_reviews", false, 0), "21000101000000_create_reviews");
    }

    #[test]
    fn a_table_that_was_dropped_is_made_by_another_migration() {
        let mut folders = ["20991231235958_create_notes", "20991231235959_drop_notes"]
            .map(ToOwned::to_owned)
            .to_vec();
        let again = choose(&folders, "create_notes", false, 0);
        assert_eq!(again, "21000101000000_create_notes");
        folders.push(again.clone());
        assert_eq!(choose(&folders, "create_notes", false, 0), again, "an interrupted run");
        folders.push("21000101000001_create_tags".to_owned());
        assert_eq!(choose(&folders, "create_notes", true, 0), again);
    }
    #[test]
    fn a_name_is_used_once() {
        let migrations = tempfile::tempdir().unwrap();
        let folder = new_folder(migrations.path(), "add_rating").unwrap();
        std::fs::create_dir(migrations.path().join(&folder)).unwrap();
        let problems = new_folder(migrations.path(), "add_rating").unwrap_err();
        assert!(problems.0[0].what.contains(&folder), "{problems}");
        assert!(problems.0[0].fix.contains("another name"), "{problems}");
    }
}

//! Names of migrations: `<YYYYMMDDHHMMSS>_<name>`, later than every other of the project.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The folder of the migration with this name: the one that is there, else a new one behind all others.
pub fn folder(migrations: &Path, name: &str) -> String {
    let entries = std::fs::read_dir(migrations).into_iter().flatten().flatten();
    let folders: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    choose(&folders, name, now())
}

fn choose(folders: &[String], name: &str, now: u64) -> String {
    let stamped = folders.iter().filter_map(|folder| folder.split_once('_'));
    if let Some((stamp, _)) = stamped.clone().find(|(_, other)| *other == name) {
        return format!("{stamp}_{name}");
    }
    let latest = stamped.filter_map(|(stamp, _)| seconds(stamp)).max();
    format!("{}_{name}", stamp(latest.map_or(now, |latest| now.max(latest + 1))))
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
        assert_eq!(choose(&folders, "create_notes", 0), "20991231235959_create_notes");
        assert_eq!(choose(&folders, "create_reviews", 0), "21000101000000_create_reviews");
    }
}

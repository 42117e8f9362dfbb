//! Times and sizes as people write them.

use std::time::Duration;

pub(super) fn read_time(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

/// In the largest unit that leaves no rest.
pub(super) fn show_time(time: Duration) -> String {
    let (millis, seconds) = (time.as_millis(), time.as_secs());
    match (millis % 1000, seconds % 60, seconds % 3600) {
        _ if seconds == 0 && millis == 0 => "0s".to_owned(),
        (1.., _, _) => format!("{millis}ms"),
        (_, 1.., _) => format!("{seconds}s"),
        (_, _, 1..) => format!("{}m", seconds / 60),
        _ => format!("{}h", seconds / 3600),
    }
}

pub(super) fn read_size(text: &str) -> Option<usize> {
    let (number, unit) = split_unit(text);
    let factor = match unit {
        "" | "B" => 1,
        "KiB" => 1024,
        "MiB" => 1024 * 1024,
        _ => return None,
    };
    number.parse::<usize>().ok()?.checked_mul(factor)
}

/// In the largest unit that leaves no rest.
pub(super) fn show_size(bytes: usize) -> String {
    match (bytes % 1024, bytes % (1024 * 1024)) {
        _ if bytes == 0 => "0B".to_owned(),
        (1.., _) => format!("{bytes}B"),
        (_, 1..) => format!("{}KiB", bytes / 1024),
        _ => format!("{}MiB", bytes / (1024 * 1024)),
    }
}

fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read_again() {
        for text in ["0s", "1ms", "1500ms", "90s", "5m", "24h", "8760h"] {
            assert_eq!(show_time(read_time(text).unwrap()), text);
        }
        for text in ["0B", "1B", "1025B", "64KiB", "1MiB", "256MiB"] {
            assert_eq!(show_size(read_size(text).unwrap()), text);
        }
    }
}

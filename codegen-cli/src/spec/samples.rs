//! The forms of days, times, ids and decimals on the wire.

use super::kind::Kind;

/// A text that has the format.
pub fn sample_of_format(format: &str) -> &'static str {
    match format {
        "email" => "someone@example.com",
        _ => "https://example.com/",
    }
}

/// The form that a value of this kind has, if the text does not have it.
pub(super) fn wrong_form(kind: &Kind, text: &str) -> Option<String> {
    let (fits, form) = match kind {
        Kind::Uuid => (is_uuid(text), "a UUID, such as `0190b5c8-5d2e-7c3a-9f10-2b7d1c9e4a55`"),
        Kind::Date => (is_date(text), "a day, such as `2026-01-31`"),
        Kind::Time => (is_time(text), r"a time, such as `09\:30\:00`"),
        Kind::DateTime => {
            (is_date_time(text), r"a day and a time, such as `2026-01-31T09\:30\:00`")
        }
        Kind::Instant => (is_instant(text), r"a point in time, such as `2026-01-31T09\:30\:00Z`"),
        Kind::Decimal { precision, scale } => {
            let fits = is_decimal(text, usize::from(*precision), usize::from(*scale));
            return (!fits).then(|| {
                format!("a decimal of {precision} digits in all, {scale} of them after the point")
            });
        }
        _ => return None,
    };
    (!fits).then(|| form.to_owned())
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.chars().all(|it| it == '-' || it.is_ascii_hexdigit())
}

/// A number of exactly this many digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    let is_plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut part = |digits: usize| parts.next().and_then(|part| number(part, digits));
    let (Some(year), Some(month), Some(day)) = (part(4), part(2), part(2)) else { return false };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_time(text: &str) -> bool {
    let (whole, fraction) =
        text.split_once('.').map_or((text, None), |(it, rest)| (it, Some(rest)));
    let is_fraction = fraction.is_none_or(|digits| {
        (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_fraction && is_clock(whole, &[23, 59, 59])
}

/// Numbers of two digits with colons between them, none above its limit.
fn is_clock(text: &str, limits: &[u32]) -> bool {
    let parts: Vec<Option<u32>> = text.split(':').map(|part| number(part, 2)).collect();
    parts.len() == limits.len()
        && parts.iter().zip(limits).all(|(part, limit)| part.is_some_and(|part| part <= *limit))
}

fn is_date_time(text: &str) -> bool {
    text.split_once('T').is_some_and(|(date, time)| is_date(date) && is_time(time))
}

fn is_instant(text: &str) -> bool {
    if let Some(local) = text.strip_suffix('Z') {
        return is_date_time(local);
    }
    // A day holds `-` as well, so that the offset is what follows the last sign.
    text.rfind(['+', '-']).and_then(|at| text.split_at_checked(at)).is_some_and(
        |(local, offset)| {
            is_date_time(local) && is_clock(offset.get(1..).unwrap_or_default(), &[23, 59])
        },
    )
}

fn is_decimal(text: &str, precision: usize, scale: usize) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole)
        && is_digits(fraction)
        && whole.trim_start_matches('0').len() <= precision - scale
        && fraction.trim_end_matches('0').len() <= scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_of_the_wire() {
        let decimal = Kind::Decimal { precision: 5, scale: 2 };
        for (kind, text, fits) in [
            (Kind::Uuid, "0190b5c8-5d2e-7c3a-9f10-2b7d1c9e4a55", true),
            (Kind::Uuid, "x", false),
            (Kind::Date, "2024-02-29", true),
            (Kind::Date, "2025-02-29", false),
            (Kind::Date, "31.01.2026", false),
            (Kind::Time, "09:30:00.5", true),
            (Kind::Time, "25:00:00", false),
            (Kind::DateTime, "2026-01-31T09:30:00", true),
            (Kind::DateTime, "2026-01-31", false),
            (Kind::Instant, "2026-01-31T09:30:00Z", true),
            (Kind::Instant, "2026-01-31T09:30:00+02:00", true),
            (Kind::Instant, "2026-01-31T09:30:00", false),
            (decimal.clone(), "-123.45", true),
            (decimal.clone(), "0.050", true),
            (decimal.clone(), "1234.5", false),
            (decimal.clone(), "1.234", false),
            (decimal, "cheap", false),
        ] {
            assert_eq!(wrong_form(&kind, text).is_none(), fits, "{text}");
        }
    }
}

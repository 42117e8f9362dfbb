//! Regular expressions for values whose exact form no format states.

/// Text without NUL characters.
pub(super) const NO_NUL: &str = r"^[^\u0000]*$";
/// A time of day to the microsecond, without a zone.
pub(super) const TIME: &str = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?$";
/// Of an instant that is compared: no more digits than are kept. All else about it is said by its format.
pub(super) const INSTANT_TO_COMPARE: &str = r"^[^.]*(?:\.[0-9]{1,6}0*[Zz+-][^.]*)?$";

/// A date and time without a zone; only dates that exist.
pub(super) fn date_time() -> String {
    let leap = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29";
    let common = "[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)";
    let time = TIME.trim_start_matches('^');
    format!("^(?:{leap}|{common})T{time}")
}

/// A decimal number of exactly these digits; without a minus sign if `signed` is false.
pub(super) fn decimal(precision: u8, scale: u8, signed: bool) -> String {
    let sign = if signed { "-?" } else { "" };
    let whole = match precision.saturating_sub(scale) {
        0 => "0".to_owned(),
        1 => "[0-9]".to_owned(),
        digits => format!("(?:0|[1-9][0-9]{{0,{}}})", digits - 1),
    };
    let fraction = if scale == 0 { String::new() } else { format!(r"(?:\.[0-9]{{1,{scale}}})?") };
    format!("^{sign}{whole}{fraction}$")
}

/// Canonical base64 of at most this many bytes.
pub(super) fn base64(most: Option<u32>) -> String {
    let quad = "(?:[A-Za-z0-9+/]{4})";
    let one = "[A-Za-z0-9+/][AQgw]==";
    let two = "[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=";
    // Engines refuse very large repetitions; maxLength bounds those.
    let Some(most) = most.filter(|most| *most < 3_000) else {
        return format!("^{quad}*(?:{one}|{two})?$");
    };
    let full = most / 3;
    match (most % 3, full) {
        (0, 0) => "^$".to_owned(),
        (0, _) => format!("^(?:{quad}{{0,{full}}}|{quad}{{0,{}}}(?:{one}|{two}))$", full - 1),
        (1, 0) => format!("^(?:{one})?$"),
        (1, _) => format!("^(?:{quad}{{0,{full}}}(?:{one})?|{quad}{{0,{}}}{two})$", full - 1),
        _ => format!("^{quad}{{0,{full}}}(?:{one}|{two})?$"),
    }
}

/// Whether a pattern of the portable subset may match text with NUL characters.
pub(super) fn admits_nul(pattern: &str) -> bool {
    let anchored = pattern.starts_with('^') && pattern.ends_with('$') && !pattern.ends_with("\\$");
    !anchored || pattern.contains("[^") || pattern.contains('.') || pattern.contains('|')
}

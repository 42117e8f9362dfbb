//! Logs: one line per event, for people or for machines, with the fields of all spans around it.

use std::fmt::Write as _;

use tracing::Subscriber;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, registry};

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people at a terminal.
    Pretty,
    /// One JSON object per line.
    Json,
}

/// What is wrong with a filter of log lines.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// It is no filter.
    #[error("`{filter}` is not a log filter such as `info` or `warn,my_app=debug`")]
    Malformed {
        /// The whole filter.
        filter: String,
        /// What its parser says.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// A word by itself is a level: as a target it would silence everything else.
    #[error(
        "`{word}` is not a level; these are error, warn, info, debug, trace and off, and a target takes one, as in \
         `{word}=debug`"
    )]
    NoLevel {
        /// The word.
        word: String,
    },
}

/// Starts logging to standard error. Whoever comes first in a process decides; later calls change nothing.
///
/// # Errors
/// When the filter cannot be read.
pub fn init(format: LogFormat, filter: &str) -> Result<(), FilterError> {
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let subscriber = subscriber(format, filter, colours, std::io::stderr)?;
    // An error means that a subscriber is set already: in tests, or by the user's own main.
    let _ = subscriber.try_init();
    Ok(())
}

/// Checks a filter without starting anything.
///
/// # Errors
/// When the filter cannot be read.
pub fn check_filter(filter: &str) -> Result<(), FilterError> {
    parse(filter).map(drop)
}

fn parse(filter: &str) -> Result<EnvFilter, FilterError> {
    let is_level = |word: &str| word.parse::<LevelFilter>().is_ok();
    let mut words = filter.split(',').map(str::trim);
    if let Some(word) = words
        .find(|word| !word.is_empty() && !word.contains(['=', '[', ']', '}']) && !is_level(word))
    {
        return Err(FilterError::NoLevel { word: word.to_owned() });
    }
    EnvFilter::builder()
        .parse(filter)
        .map_err(|source| FilterError::Malformed { filter: filter.to_owned(), source })
}

fn subscriber<W>(
    format: LogFormat,
    filter: &str,
    colours: bool,
    writer: W,
) -> Result<impl Subscriber + Send + Sync, FilterError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match format {
        // JSON escapes control characters by itself.
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
        LogFormat::Pretty => {
            let fields = debug_fn(|writer, field, value| {
                let value = one_line(&format!("{value:?}"));
                if field.name() == "message" {
                    write!(writer, "{value}")
                } else {
                    write!(writer, "{field}={value}")
                }
            });
            lines.with_ansi(colours).fmt_fields(fields.delimited(" ")).boxed()
        }
    };
    Ok(registry().with(parse(filter)?).with(lines))
}

/// Escapes control characters, so that a caller's text can neither forge a line nor steer a terminal.
fn one_line(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut line, character| {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            // Writing to a string cannot fail.
            let _ = write!(line, "{}", character.escape_default());
        } else {
            line.push(character);
        }
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::tasks::tests::Lines;

    fn logged(format: LogFormat) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(format, "info", false, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            let evil = "a\nINFO forged \u{1b}[2J";
            let _request = tracing::info_span!("request", request_id = %evil).entered();
            let _inner = tracing::info_span!("inner").entered();
            tracing::info!(name = %evil, "said {evil}");
            tracing::debug!("not shown");
        });
        lines.text()
    }

    #[test]
    fn a_callers_text_cannot_forge_a_line() {
        for format in [LogFormat::Pretty, LogFormat::Json] {
            let text = logged(format);
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(!text.trim_end().contains(char::is_control), "{text:?}");
        }
    }

    #[test]
    fn every_line_carries_the_fields_of_the_request() {
        assert!(logged(LogFormat::Pretty).contains("request_id=a\\nINFO forged"));
        let line: serde_json::Value = serde_json::from_str(&logged(LogFormat::Json)).unwrap();
        assert_eq!(line["spans"][0]["request_id"], "a\nINFO forged \u{1b}[2J");
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn starting_twice_is_harmless_and_a_wrong_filter_is_told() {
        init(LogFormat::Json, "warn").unwrap();
        init(LogFormat::Pretty, "info").unwrap();
        assert!(check_filter("info,=,").is_err());
        assert!(check_filter("warn,my_app=debug").is_ok());
    }

    #[test]
    fn a_word_that_is_no_level_is_refused_instead_of_silencing_the_rest() {
        for filter in ["inof", "warn,my_app", "information"] {
            let error = check_filter(filter).unwrap_err().to_string();
            assert!(error.contains("is not a level"), "{error}");
        }
        for filter in
            ["INFO", "off", "my_app=inof,warn", "[request]=debug", "a[b{c,d}]=trace,error"]
        {
            let told = check_filter(filter).err().map(|error| error.to_string());
            assert!(!told.is_some_and(|told| told.contains("is not a level")), "{filter}");
        }
    }
}

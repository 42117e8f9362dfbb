//! The constants of an entity ask what they say.

use framework::{Entity, Uuid};

/// Something with a text that can be missing.
#[derive(Debug, Clone, PartialEq, Entity)]
struct Song {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// Its name.
    title: Option<String>,
    /// Who wrote it.
    composer: String,
}

fn song(title: Option<&str>) -> Song {
    let title = title.map(ToOwned::to_owned);
    Song { id: Uuid::nil(), title, composer: "Clara Schumann".to_owned() }
}

#[test]
fn a_value_is_null_or_not() {
    assert!(Song::TITLE.is_not_null().is_satisfied_by(&song(Some("Liebst du"))));
    assert!(!Song::TITLE.is_not_null().is_satisfied_by(&song(None)));
}

#[test]
fn the_start_of_a_text_is_compared_with_or_without_case() {
    let song = song(None);
    assert!(Song::COMPOSER.istarts_with("CLARA").is_satisfied_by(&song));
    assert!(!Song::COMPOSER.starts_with("CLARA").is_satisfied_by(&song));
    assert!(!Song::COMPOSER.istarts_with("Schumann").is_satisfied_by(&song));
}

use regex::Regex;

use super::*;

fn parse(text: &str) -> Condition {
    Condition::parse(text).unwrap()
}

#[test]
fn if_match_compares_the_version_part_of_strong_tags() {
    let expected = |text| parse(text).expected();
    assert_eq!(expected("*"), Expected::Any);
    assert_eq!(expected("\"3\""), Expected::Versions(vec![3]));
    assert_eq!(expected("\"3.abc\", \"4\""), Expected::Versions(vec![3, 4]));
    assert_eq!(expected("\"3-gzip\", \"4.abc-gzip\""), Expected::Versions(vec![3, 4]));
    assert_eq!(expected("W/\"3\""), Expected::Versions(vec![]));
    assert_eq!(expected("\"+3\""), Expected::Versions(vec![]));
    let mut malformed = HeaderMap::new();
    malformed.insert(header::IF_MATCH, "3".parse().unwrap());
    assert_eq!(if_match(&malformed), Expected::Versions(vec![]));
}

#[test]
fn if_none_match_compares_whole_tags_weakly() {
    let known = |text, current| parse(text).known(current);
    let found = |tag: &str| Some(tag.to_owned());
    assert_eq!(known("W/\"3\"", "\"3\""), found("\"3\""));
    assert_eq!(known("\"1\", \"3\"", "\"3\""), found("\"3\""));
    assert_eq!(known("\"3\"", "\"3.abc\""), None);
    assert_eq!(known("\"3\"", "W/\"3\""), found("W/\"3\""));
    assert_eq!(known("*", "\"3\""), found("\"3\""));
    assert_eq!(known("\"3-gzip\"", "\"3\""), found("\"3-gzip\""), "named as the caller has it");
    assert_eq!(known("\"3\"", "\"3-gzip\""), found("\"3\""));
}

#[test]
fn if_match_of_a_read_compares_strongly() {
    assert!(parse("\"3\"").matches("\"3\""));
    assert!(parse("\"3\"").matches("\"3.abc-gzip\""), "another representation of that version");
    assert!(parse("\"abc\"").matches("\"abc\""));
    assert!(parse("*").matches("W/\"abc\""));
    for (condition, current) in
        [("W/\"3\"", "\"3\""), ("\"3\"", "\"4\""), ("\"abc\"", "W/\"abc\""), ("\"a\"", "\"b\"")]
    {
        assert!(!parse(condition).matches(current), "{condition} {current}");
    }
}

#[test]
fn malformed_conditions_are_refused_and_the_documented_pattern_says_so() {
    let pattern = Regex::new(PATTERN).unwrap();
    for sound in [
        "*",
        "\"3\"",
        "W/\"3\"",
        "\"3\", \"4.ab\"",
        "\"\"",
        "\"x\",,\"y\"",
        ", \"3\" ,",
        "\"\u{e9}\"",
        "\"a\",\t, \"b\",",
    ] {
        assert!(Condition::parse(sound).is_some(), "{sound}");
        assert!(pattern.is_match(sound), "{sound}");
    }
    // HTTP takes the blanks around a value away.
    assert_eq!(Condition::parse(" * "), Some(Condition::Any));
    for broken in
        ["", ",", " , ", "3", "\"3", "\"3\" \"4\"", "*, \"3\"", "\"a b\"", "w/\"3\"", "\"\u{7f}\""]
    {
        assert!(Condition::parse(broken).is_none(), "{broken}");
        assert!(!pattern.is_match(broken), "{broken}");
    }
    assert!(Condition::parse(&format!("\"{}\"", "3".repeat(600))).is_none());
}

#[test]
fn representations_have_tags_of_their_own() {
    assert_eq!(of(Some(3), true, b"x"), "\"3\"");
    assert!(of(Some(3), false, b"x").starts_with("\"3."));
    assert_ne!(of(None, true, b"x"), of(None, true, b"y"));
    assert_eq!(compressed("\"3\""), "\"3-gzip\"");
    assert_eq!(compressed("W/\"3\""), "W/\"3\"");
}

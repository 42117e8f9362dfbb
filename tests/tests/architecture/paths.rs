//! Which paths a Rust file names, each in full: `use` trees unfolded, `self` and `super` resolved.
//!
//! A reader of tokens, not a compiler: what a macro makes up or a glob brings in, it does not see.

/// Every path that the code outside of comments, texts and tests names, with its line. `module` is the file's own path,
/// such as `crate::adapters::http`.
pub(crate) fn paths(source: &str, module: &str) -> Vec<(usize, String)> {
    let tokens = tokens(&code(source));
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((line, token)) = tokens.get(at) {
        match token {
            Token::Word(word) if word == "use" => {
                at = unfold(&tokens, at + 1, Vec::new(), &mut found);
            }
            Token::Word(_) => {
                let (path, next) = path_at(&tokens, at);
                if path.len() > 1 {
                    found.push((*line, path));
                }
                at = next;
            }
            Token::Colons | Token::Sign(_) => at += 1,
        }
    }
    found.into_iter().map(|(line, path)| (line, absolute(&path, module))).collect()
}

/// Whether a path is this one or lies below it.
pub(crate) fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The text with its comments, literals and unit tests blanked out; lines stay where they are.
pub(crate) fn code(source: &str) -> String {
    without_tests(&without_texts(source))
}

enum Token {
    Word(String),
    Colons,
    Sign(char),
}

fn tokens(code: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let (token, length) = if is_word(first) {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (Token::Word(rest[..length].to_owned()), length)
            } else if rest.starts_with("::") {
                (Token::Colons, 2)
            } else {
                (Token::Sign(first), first.len_utf8())
            };
            tokens.push((index + 1, token));
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// The path that begins here, without its type arguments, and what comes behind it.
fn path_at(tokens: &[(usize, Token)], mut at: usize) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    while let Some((_, Token::Word(word))) = tokens.get(at) {
        path.push(word.clone());
        at += 1;
        while let (Some((_, Token::Colons)), Some((_, Token::Sign('<')))) =
            (tokens.get(at), tokens.get(at + 1))
        {
            at = behind_arguments(tokens, at + 1);
        }
        if !matches!(tokens.get(at), Some((_, Token::Colons))) {
            break;
        }
        at += 1;
    }
    (path, at)
}

fn behind_arguments(tokens: &[(usize, Token)], mut at: usize) -> usize {
    let mut depth = 0;
    while let Some((_, token)) = tokens.get(at) {
        match token {
            Token::Sign('<') => depth += 1,
            Token::Sign('>') => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}

/// Reads one tree of a `use` behind the given prefix; returns what comes behind it.
fn unfold(
    tokens: &[(usize, Token)],
    mut at: usize,
    mut path: Vec<String>,
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    while let Some((line, token)) = tokens.get(at) {
        match token {
            Token::Colons => at += 1,
            Token::Word(word) => {
                if word != "self" || path.is_empty() {
                    path.push(word.clone());
                }
                at += 1;
                if !matches!(tokens.get(at), Some((_, Token::Colons))) {
                    found.push((*line, path));
                    let renamed =
                        matches!(tokens.get(at), Some((_, Token::Word(word))) if word == "as");
                    return if renamed { at + 2 } else { at };
                }
            }
            Token::Sign('{') => {
                at += 1;
                while !matches!(tokens.get(at), None | Some((_, Token::Sign('}')))) {
                    at = match tokens.get(at) {
                        Some((_, Token::Sign(','))) => at + 1,
                        _ => unfold(tokens, at, path.clone(), found),
                    };
                }
                return at + 1;
            }
            Token::Sign(_) => {
                found.push((*line, path));
                return at + 1;
            }
        }
    }
    at
}

fn absolute(path: &[String], module: &str) -> String {
    let mut base: Vec<&str> = Vec::new();
    let mut rest = path.iter().map(String::as_str).peekable();
    if matches!(rest.peek(), Some(&"self" | &"super")) {
        base = module.split("::").collect();
    }
    while let Some(word) = rest.next_if(|word| matches!(*word, "self" | "super")) {
        if word == "super" {
            base.pop();
        }
    }
    base.into_iter().chain(rest).collect::<Vec<_>>().join("::")
}

fn without_texts(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = match literal(rest, code.chars().next_back()) {
            0 => {
                code.push(first);
                first.len_utf8()
            }
            length => {
                code.extend(rest[..length].chars().map(|c| if c == '\n' { c } else { ' ' }));
                length
            }
        };
        rest = &rest[length..];
    }
    code
}

/// How long the comment or literal is that begins here; 0 when none does.
fn literal(rest: &str, before: Option<char>) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block(rest);
    }
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if rest.starts_with('r') && !in_word {
        let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
        if rest[1 + hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            return rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len());
        }
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    let mut characters = rest.chars().skip(1);
    // `'a` is a lifetime, `'a'` a character.
    let is_character = match characters.next() {
        Some('\\') => true,
        _ => characters.next() == Some('\''),
    };
    if rest.starts_with('\'') && is_character { quoted(rest, '\'') } else { 0 }
}

fn quoted(rest: &str, end: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == end => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

fn block(rest: &str) -> usize {
    let (mut at, mut depth) = (0, 0);
    while let Some(found) = rest[at..].find(['/', '*']) {
        at += found;
        if rest[at..].starts_with("/*") {
            (at, depth) = (at + 2, depth + 1);
        } else if rest[at..].starts_with("*/") {
            (at, depth) = (at + 2, depth - 1);
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Blanks out every item that is compiled for tests only.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        kept.push_str(&rest[..start]);
        let mut depth = 0;
        let end = rest[start + MARK.len()..].find(|c| {
            match c {
                '{' | '[' | '(' => depth += 1,
                '}' | ']' | ')' => depth -= 1,
                _ => {}
            }
            depth == 0 && matches!(c, ';' | '}')
        });
        let end = end.map_or(rest.len(), |end| start + MARK.len() + end + 1);
        kept.extend(rest[start..end].chars().filter(|c| *c == '\n'));
        rest = &rest[end..];
    }
    kept + rest
}

#[test]
fn paths_are_found_in_full() {
    let module = "crate::adapters::persistence::step";
    for (source, expected) in [
        ("use redis;", vec!["redis"]),
        ("use redis as r;", vec!["redis"]),
        ("pub use ::redis::Client as C;", vec!["redis::Client"]),
        ("use redis::*;", vec!["redis"]),
        (
            "use crate::adapters::{self, cache, http::{a, b as c}};",
            vec![
                "crate::adapters",
                "crate::adapters::cache",
                "crate::adapters::http::a",
                "crate::adapters::http::b",
            ],
        ),
        ("use super::super::cache::X;", vec!["crate::adapters::cache::X"]),
        ("use self::own::{Y};", vec!["crate::adapters::persistence::step::own::Y"]),
        ("fn f() { super::super::cache::g() }", vec!["crate::adapters::cache::g"]),
        ("let x = Router::new();", vec!["Router::new"]),
        ("let x = axum::Router::<()>::new();", vec!["axum::Router::new"]),
        ("fn f(x: &dyn redis::Commands) {}", vec!["redis::Commands"]),
        ("#[derive(serde::Serialize)]", vec!["serde::Serialize"]),
        ("let c = ':'; let r = '\\''; a::b()", vec!["a::b"]),
        ("#[cfg(test)]\nmod tests { use redis::A; }\nuse redis::B;", vec!["redis::B"]),
        ("#[cfg(test)]\n#[path = \"x\"]\nuse redis::{A};\nuse redis::B;", vec!["redis::B"]),
    ] {
        let found: Vec<String> = paths(source, module).into_iter().map(|(_, path)| path).collect();
        assert_eq!(found, expected, "{source}");
    }
}

#[test]
fn what_is_no_path_is_not_found() {
    for source in [
        "// use redis::A;",
        "/* use redis::A; /* nested */ redis::B */",
        "let text = \"redis::A\";",
        "let text = r#\"a \" redis::A\"#;",
        "let redis = 1; redis + redis",
        "fn f<'a>(redis: &'a str) {}",
        "#[cfg(test)]\nmod tests;",
        "#[cfg(test)]\nfn f() { if a { redis::A } redis::B }",
    ] {
        assert!(paths(source, "crate::domain").is_empty(), "{source}");
    }
    assert!(is_below("redis", "redis") && is_below("redis::A", "redis"));
    assert!(!is_below("redis_tier::A", "redis") && !is_below("crate::redis", "redis"));
}

#[test]
fn lines_are_counted_through_what_is_left_out() {
    let source = "/* a\nb */\n#[cfg(test)]\nmod tests {\n}\nuse redis::A;\n";
    assert_eq!(paths(source, "crate"), [(6, "redis::A".to_owned())]);
}

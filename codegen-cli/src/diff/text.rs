//! Names inside SQL.

/// The names in double quotes, in their order; what stands in texts is none.
pub fn identifiers(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    renamed(sql, |name| {
        found.push(name.to_owned());
        name.to_owned()
    });
    found
}

/// The same with other names.
pub fn renamed(sql: &str, mut rename: impl FnMut(&str) -> String) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(['"', '\'']) {
        let (before, quoted) = rest.split_at(at);
        text.push_str(before);
        let end = end(quoted);
        let (inside, behind) = quoted.split_at(end);
        match inside.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
            Some(name) => {
                text.push_str(&super::schema::quoted(&rename(&name.replace("\"\"", "\""))));
            }
            None => text.push_str(inside),
        }
        rest = behind;
    }
    text + rest
}

/// A name in quotes at the beginning, and what follows.
pub fn split_name(sql: &str) -> Option<(String, &str)> {
    if !sql.starts_with('"') {
        return None;
    }
    let (name, rest) = sql.split_at(end(sql));
    let name = name.strip_prefix('"')?.strip_suffix('"')?;
    Some((name.replace("\"\"", "\""), rest))
}

/// Where what is quoted at the beginning ends; a doubled quote is a quote inside.
fn end(sql: &str) -> usize {
    let Some(quote) = sql.chars().next() else { return 0 };
    let mut at = quote.len_utf8();
    while let Some(found) = sql.get(at..).and_then(|rest| rest.find(quote)) {
        at += found + quote.len_utf8();
        if !sql.get(at..).is_some_and(|rest| rest.starts_with(quote)) {
            return at;
        }
        at += quote.len_utf8();
    }
    sql.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_outside_of_texts_only() {
        let sql = r#""status" IN ('a "b"', 'it''s') AND "x""y" > 0"#;
        assert_eq!(identifiers(sql), ["status", "x\"y"]);
        let upper = renamed(sql, str::to_uppercase);
        assert_eq!(upper, r#""STATUS" IN ('a "b"', 'it''s') AND "X""Y" > 0"#);
        assert_eq!(split_name(r#""a""b" TEXT"#), Some(("a\"b".to_owned(), " TEXT")));
        assert_eq!(split_name("a TEXT"), None);
    }
}

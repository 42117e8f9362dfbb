//! Lays out the few constructs whose shape depends on their length, as rustfmt does with the generated `rustfmt.toml`.

/// Columns of a line.
const WIDTH: usize = 100;

/// `use path::{A, B};`, wrapped where it must be; names come sorted.
pub fn import(path: &str, mut names: Vec<&str>) -> String {
    names.sort_unstable();
    names.dedup();
    let one_line = match names.as_slice() {
        [] => return String::new(),
        [name] => format!("use {path}::{name};"),
        names => format!("use {path}::{{{}}};", names.join(", ")),
    };
    if one_line.len() <= WIDTH {
        return one_line;
    }
    let mut lines = vec![String::new()];
    for name in names {
        let is_full = lines.last().is_some_and(|line| 4 + line.len() + name.len() + 2 > WIDTH);
        if is_full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(name);
            line.push(',');
        }
    }
    format!("use {path}::{{\n    {}\n}};", lines.join("\n    "))
}

/// What rustfmt sorts paths by: their segments, in which numbers count as numbers.
pub fn sort_key(path: &str) -> Vec<Vec<(String, u64)>> {
    path.split("::").map(segment_key).collect()
}

/// `#[entity(a, b)]`, one option a line where it must be.
pub fn attribute(options: &[String], indent: usize) -> String {
    let pad = " ".repeat(indent);
    let one_line = format!("{pad}#[entity({})]", options.join(", "));
    if one_line.chars().count() <= WIDTH {
        return one_line;
    }
    format!("{pad}#[entity(\n{pad}    {}\n{pad})]", options.join(&format!(",\n{pad}    ")))
}

/// `Name { a: x, b: y }`, one member a line where it must be.
pub fn literal(name: &str, members: &[String], indent: usize) -> String {
    let pad = " ".repeat(indent);
    let one_line = format!("{pad}{name} {{ {} }}", members.join(", "));
    if one_line.chars().count() <= WIDTH {
        return one_line;
    }
    format!("{pad}{name} {{\n{pad}    {},\n{pad}}}", members.join(&format!(",\n{pad}    ")))
}

/// `head(a, b) tail`, one argument a line where it must be.
pub fn call(head: &str, arguments: &[String], tail: &str, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let one_line = format!("{pad}{head}({}){tail}", arguments.join(", "));
    if one_line.chars().count() <= WIDTH {
        return one_line;
    }
    format!("{pad}{head}(\n{pad}    {},\n{pad}){tail}", arguments.join(&format!(",\n{pad}    ")))
}

/// `head.a().b()`, one call a line where it must be.
pub fn chain(head: &str, calls: &[String], indent: usize) -> String {
    let pad = " ".repeat(indent);
    let one_line = format!("{pad}{head}{}", calls.concat());
    if one_line.chars().count() <= WIDTH {
        return one_line;
    }
    // A receiver no wider than an indentation keeps its first call beside it.
    let (first, rest) = match calls.split_first() {
        Some((first, rest)) if head.len() <= 4 => (first.as_str(), rest),
        _ => ("", calls),
    };
    let rest: String = rest.iter().map(|call| format!("\n{pad}    {call}")).collect();
    format!("{pad}{head}{first}{rest}")
}

/// Each run of letters with the number behind it.
fn segment_key(segment: &str) -> Vec<(String, u64)> {
    let mut key = Vec::new();
    let mut rest = segment;
    while !rest.is_empty() {
        let (text, behind) = cut(rest, |letter| letter.is_ascii_digit());
        let (digits, behind) = cut(behind, |letter| !letter.is_ascii_digit());
        key.push((text.to_owned(), digits.parse().unwrap_or_default()));
        rest = behind;
    }
    key
}

fn cut(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.find(is_end).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_paths_are_sorted_as_numbers() {
        let sorted = ["a::item::B", "a::item2::B", "a::item10::B", "a::item10_x::B", "b::a::B"];
        let mut paths = sorted;
        paths.reverse();
        paths.sort_by_cached_key(|path| sort_key(path));
        assert_eq!(paths, sorted);
    }
}

//! Adds an entity to `src/entities/mod.rs`: the places are found in the syntax tree, the rest of the text stays as it is.

use proc_macro2::{LineColumn, Span};
use syn::spanned::Spanned;

use crate::problems::Problems;

/// One line of `rustfmt.toml` of a generated project allows this much in a chain.
const WIDTH: usize = 100;

/// The text with the module declared and registered; the same text when it is already.
///
/// # Errors
/// When the file has another shape than the generated one: says which lines to add by hand.
pub fn register(text: &str, module: &str) -> Result<String, Problems> {
    let refuse = |why: &str| {
        Problems::one(
            format!("src/entities/mod.rs cannot be edited safely: {why}"),
            format!(
                "add these lines yourself, then run the command again:\n    pub mod {module};\n    .module({module}::module())   // in `register`, on the app"
            ),
        )
    };
    let file = syn::parse_file(text)
        .map_err(|error| refuse(&format!("it is not valid Rust ({error})")))?;
    let mut edits = Vec::new();
    if !declared(&file).any(|(name, _)| name == module) {
        edits.push(declaration(&file, text, module));
    }
    let function = file.items.iter().find_map(|item| match item {
        syn::Item::Fn(function) if function.sig.ident == "register" => Some(function),
        _ => None,
    });
    let function = function.ok_or_else(|| refuse("it has no function `register`"))?;
    let Some(syn::Stmt::Expr(tail, None)) = function.block.stmts.last() else {
        return Err(refuse("`register` does not end in an expression"));
    };
    let chain = Chain::of(tail, text)
        .ok_or_else(|| refuse("`register` does not end in calls on the app"))?;
    if !chain.calls.iter().any(|call| call.registers(module)) {
        edits.push(chain.with(text, module));
    }
    // Later places first, so that earlier ones stay where they are.
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.start));
    let mut edited = text.to_owned();
    for edit in edits {
        edited.replace_range(edit.start..edit.end, &edit.text);
    }
    // The promise is kept by looking: what is written parses and says what it should.
    match syn::parse_file(&edited) {
        Ok(file) if declared(&file).any(|(name, _)| name == module) => Ok(edited),
        _ => Err(refuse("the edit would not be valid Rust")),
    }
}

/// Bytes to replace.
#[derive(Debug)]
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

/// The modules declared in files of their own, with their spans.
fn declared(file: &syn::File) -> impl Iterator<Item = (String, Span)> {
    file.items.iter().filter_map(|item| match item {
        syn::Item::Mod(item) if item.content.is_none() => {
            Some((item.ident.to_string().replace("r#", ""), item.span()))
        }
        _ => None,
    })
}

/// Declares the module where the alphabet wants it, as rustfmt does: behind the last smaller neighbour.
fn declaration(file: &syn::File, text: &str, module: &str) -> Edit {
    let modules: Vec<(String, Span)> = declared(file).collect();
    let line = format!("pub mod {module};\n");
    let before = modules.iter().rev().find(|(name, _)| name.as_str() < module);
    let place = match (before, modules.first(), file.items.first()) {
        (Some((_, span)), ..) => {
            let end = offset(text, span.end());
            let place =
                text.get(end..).and_then(|rest| rest.find('\n')).map(|found| end + found + 1);
            return match place {
                Some(place) => Edit { start: place, end: place, text: line },
                None => Edit { start: text.len(), end: text.len(), text: format!("\n{line}") },
            };
        }
        (None, Some((_, span)), _) => offset(text, span.start()),
        (None, None, Some(item)) => {
            let place = offset(text, item.span().start());
            return Edit { start: place, end: place, text: format!("{line}\n") };
        }
        (None, None, None) => text.len(),
    };
    Edit { start: place, end: place, text: line }
}

/// `app.module(a::module()).module(b::module())`, taken apart.
struct Chain<'a> {
    receiver: &'a str,
    calls: Vec<Call<'a>>,
    start: usize,
    end: usize,
    indent: usize,
}

/// One call of the chain, from its dot to its bracket.
struct Call<'a> {
    source: &'a str,
    expression: &'a syn::ExprMethodCall,
}

impl Call<'_> {
    fn registers(&self, module: &str) -> bool {
        let Some(syn::Expr::Call(call)) = self.expression.args.first() else { return false };
        let syn::Expr::Path(path) = call.func.as_ref() else { return false };
        let mut segments = path
            .path
            .segments
            .iter()
            .rev()
            .map(|segment| segment.ident.to_string().replace("r#", ""));
        self.expression.method == "module"
            && segments.next().as_deref() == Some("module")
            && segments.next().as_deref() == Some(module)
    }
}

impl<'a> Chain<'a> {
    fn of(tail: &'a syn::Expr, text: &'a str) -> Option<Self> {
        let mut calls = Vec::new();
        let mut receiver = tail;
        while let syn::Expr::MethodCall(call) = receiver {
            let start = offset(text, call.receiver.span().end());
            let end = offset(text, call.span().end());
            calls.push(Call { source: text.get(start..end)?, expression: call });
            receiver = &call.receiver;
        }
        calls.reverse();
        let syn::Expr::Path(_) = receiver else { return None };
        let start = offset(text, tail.span().start());
        let end = offset(text, tail.span().end());
        let receiver = text.get(start..offset(text, receiver.span().end()))?;
        Some(Self { receiver, calls, start, end, indent: tail.span().start().column })
    }

    /// The chain with one call more, laid out as rustfmt would.
    fn with(&self, text: &str, module: &str) -> Edit {
        let added = format!(".module({module}::module())");
        let pad = " ".repeat(self.indent + 4);
        let is_plain = self.calls.iter().all(|call| !call.source.trim().contains(['\n', '/']));
        let current = text.get(self.start..self.end).unwrap_or_default();
        if !is_plain {
            // The user wrote comments or long arguments: touch nothing of theirs.
            return Edit { start: self.end, end: self.end, text: format!("\n{pad}{added}") };
        }
        let sources: Vec<String> =
            self.calls.iter().map(|call| call.source.trim().to_owned()).chain([added]).collect();
        let one_line = format!("{}{}", self.receiver, sources.concat());
        let is_wrapped = current.contains('\n');
        if !is_wrapped && self.indent + one_line.len() <= WIDTH {
            return Edit { start: self.start, end: self.end, text: one_line };
        }
        let (first, rest) = match sources.split_first() {
            Some((first, rest)) if self.receiver.len() <= 4 => (first.as_str(), rest),
            _ => ("", sources.as_slice()),
        };
        let rest: String = rest.iter().map(|call| format!("\n{pad}{call}")).collect();
        Edit { start: self.start, end: self.end, text: format!("{}{first}{rest}", self.receiver) }
    }
}

/// The byte at a line and column; columns count characters.
fn offset(text: &str, place: LineColumn) -> usize {
    let start: usize =
        text.split_inclusive('\n').take(place.line.saturating_sub(1)).map(str::len).sum();
    let line = text.get(start..).unwrap_or_default();
    start + line.char_indices().nth(place.column).map_or(line.len(), |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: &str = "//! The entities.\n\nuse framework::App;\n\npub mod note;\n\n/// Adds them all.\npub fn register(app: App) -> App {\n    app.module(note::module())\n}\n";

    #[test]
    fn adds_both_lines_in_the_places_that_rustfmt_would_choose() {
        let edited = register(FRESH, "review").unwrap();
        assert!(edited.contains("pub mod note;\npub mod review;\n"));
        assert!(edited.contains("    app.module(note::module()).module(review::module())\n}"));
        let edited = register(&edited, "author").unwrap();
        assert!(edited.contains("pub mod author;\npub mod note;\npub mod review;\n"));
    }

    #[test]
    fn wraps_the_chain_once_it_is_too_long() {
        let mut text = FRESH.to_owned();
        for module in ["order_line", "product", "review", "warehouse"] {
            text = register(&text, module).unwrap();
        }
        assert!(
            text.contains(
                "    app.module(note::module())\n        .module(order_line::module())\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn is_idempotent() {
        let once = register(FRESH, "review").unwrap();
        assert_eq!(register(&once, "review").unwrap(), once);
    }

    #[test]
    fn keeps_comments_and_other_code_of_the_user() {
        let text = "// Mine: \u{e9}\nuse framework::App;\n\n/// Notes.\npub mod note; // keep\nmod helper {}\n\nfn before(app: App) -> App {\n    app\n}\n\npub fn register(app: App) -> App {\n    // first this\n    let app = before(app);\n    app.module(note::module())\n        // and then the rest\n        .module(other(|| {\n            1\n        }))\n}\n";
        let edited = register(text, "review").unwrap();
        let added: Vec<&str> =
            edited.lines().filter(|line| !text.lines().any(|old| old == *line)).collect();
        assert_eq!(added, ["pub mod review;", "        .module(review::module())"]);
        let kept = edited.lines().filter(|line| !added.contains(line)).collect::<Vec<_>>();
        assert_eq!(kept, text.lines().collect::<Vec<_>>());
    }

    #[test]
    fn starts_a_chain_on_a_bare_app() {
        let text = "use framework::App;\n\npub fn register(app: App) -> App {\n    app\n}\n";
        let edited = register(text, "review").unwrap();
        assert!(edited.starts_with("pub mod review;\n\nuse framework::App;\n"), "{edited}");
        assert!(edited.contains("    app.module(review::module())\n"));
    }

    #[test]
    fn says_what_to_add_when_the_shape_is_unknown() {
        for text in [
            "pub fn setup() {}\n",
            "fn register() { todo() ; }\n",
            "fn register() -> App { App::new() }\n",
            "fn (",
        ] {
            let problems = register(text, "review").unwrap_err();
            assert!(problems.0[0].fix.contains("pub mod review;"), "{text}");
            assert!(problems.0[0].fix.contains(".module(review::module())"), "{text}");
        }
    }
}

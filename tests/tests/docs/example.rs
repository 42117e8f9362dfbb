//! The examples of a page: a block of commands, and the block of what they print.

use super::lines;

/// One example.
pub(crate) struct Example {
    /// What a reader would type.
    pub(crate) commands: String,
    heading: String,
    /// Where on the page the expected output begins, counted from 1.
    line: usize,
    expected: String,
}

impl Example {
    /// Where and how the output is not as the page says.
    pub(crate) fn difference(&self, output: &str) -> Option<String> {
        let index = lines::difference(&self.expected, output)?;
        Some(format!(
            "“{}”, line {}: expected\n    {}\nbut the commands print\n    {}",
            self.heading,
            self.line + index,
            self.expected.lines().nth(index).unwrap_or("nothing more"),
            output.trim().replace('\n', "\n    "),
        ))
    }
}

/// The examples of a page, in order.
pub(crate) fn examples(page: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut heading = "";
    let mut commands: Option<(usize, String)> = None;
    let mut rows = page.lines().enumerate().map(|(index, row)| (index + 1, row));
    while let Some((line, row)) = rows.next() {
        if let Some(title) = row.strip_prefix('#') {
            heading = title.trim_start_matches('#').trim();
        }
        let Some(kind) = row.strip_prefix("```") else { continue };
        let block: Vec<&str> =
            rows.by_ref().map(|(_, row)| row).take_while(|row| *row != "```").collect();
        match (kind, commands.take()) {
            ("sh", None) => commands = Some((line, block.join("\n"))),
            ("text" | "json", Some((_, commands))) => examples.push(Example {
                commands,
                heading: heading.to_owned(),
                line: line + 1,
                expected: block.join("\n"),
            }),
            (_, None) => {}
            (_, Some((line, _))) => panic!("“{heading}”, line {line}: what does it print?"),
        }
    }
    assert!(commands.is_none(), "the last commands print nothing");
    examples
}

#[test]
fn an_example_is_commands_and_what_they_print() {
    let page = "# One\n```console\n$ no\n```\n## Two\n```sh\necho a\n```\n\n```text\na\n```\n";
    let found = examples(page);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].commands, "echo a");
    assert!(found[0].difference("a\n").is_none());
    let wrong = found[0].difference("b\n").unwrap();
    assert!(wrong.starts_with("“Two”, line 11: expected\n    a\n"), "{wrong}");
}

#[test]
#[should_panic(expected = "“One”, line 2: what does it print?")]
fn commands_without_an_output_are_a_mistake() {
    examples("# One\n```sh\na\n```\n```sh\nb\n```\n");
}

//! Cells and lines of CSV (RFC 4180). A cell that is null is empty; a text that is empty is quoted.

/// Writes one line. A line of nothing but one null would be blank, which readers skip: there the null is quoted.
pub(super) fn write_line<'a>(
    out: &mut Vec<u8>,
    cells: impl ExactSizeIterator<Item = Option<&'a str>>,
) {
    let alone = cells.len() == 1;
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match cell {
            None if !alone => {}
            cell => write_text(out, cell.unwrap_or_default()),
        }
    }
    out.extend_from_slice(b"\r\n");
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    if !text.is_empty() && !csv_core::Writer::new().should_quote(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    let start = out.len();
    // At worst every byte is a quote, and each is doubled.
    out.resize(start + 2 * text.len(), 0);
    let room = out.get_mut(start..).unwrap_or_default();
    let (_, _, written) = csv_core::quote(text.as_bytes(), room, b'"', b'"', true);
    out.truncate(start + written);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[Option<&str>]) -> String {
        let mut out = Vec::new();
        write_line(&mut out, cells.iter().copied());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn null_and_the_empty_text_differ() {
        assert_eq!(line(&[Some("a"), None, Some("")]), "a,,\"\"\r\n");
    }

    #[test]
    fn a_line_is_never_blank() {
        assert_eq!(line(&[None]), "\"\"\r\n");
    }

    #[test]
    fn what_would_break_a_line_is_quoted() {
        let cells = [Some("a,b"), Some("say \"hi\""), Some("two\r\nlines"), Some(" =1+1")];
        assert_eq!(line(&cells), "\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\", =1+1\r\n");
    }
}

//! The subset of regular expressions that Rust, ECMA-262 (OpenAPI) and PostgreSQL read alike.

/// Says what is not portable in a pattern, where, and what to write instead.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    let mut parser = Parser { letters: pattern.chars().collect(), at: 0 };
    parser.alternatives()?;
    match parser.peek() {
        None => Ok(()),
        Some(found) => {
            Err(parser.wrong(format!("unexpected `{found}`; write `\\{found}` for the character")))
        }
    }
}

struct Parser {
    letters: Vec<char>,
    at: usize,
}

impl Parser {
    fn alternatives(&mut self) -> Result<(), String> {
        self.sequence()?;
        while self.take('|') {
            self.sequence()?;
        }
        Ok(())
    }

    fn sequence(&mut self) -> Result<(), String> {
        while let Some(next) = self.peek() {
            if next == '|' || next == ')' {
                break;
            }
            let repeatable = self.atom()?;
            self.repetition(repeatable)?;
        }
        Ok(())
    }

    /// One thing; `false` for anchors, which cannot be repeated.
    fn atom(&mut self) -> Result<bool, String> {
        match self.next() {
            Some('^' | '$') => return Ok(false),
            Some('(') => {
                if self.peek() == Some('?') {
                    return Err(
                        self.wrong("groups with `(?` are not portable; write a plain `( )`")
                    );
                }
                self.alternatives()?;
                if !self.take(')') {
                    return Err(self.wrong("`(` is not closed; add `)`"));
                }
            }
            Some('[') => self.class()?,
            Some('\\') => self.escape()?,
            Some('.') => {
                return Err(self.back(
                    "`.` differs between engines; write a class such as `[^\\n]` or `[ -~]`",
                ));
            }
            Some(found @ ('*' | '+' | '?' | '{')) => {
                return Err(self.back(&format!(
                    "nothing to repeat before `{found}`; write `\\{found}` for the character"
                )));
            }
            Some(found @ (']' | '}')) => {
                return Err(
                    self.back(&format!("`{found}` alone is not portable; write `\\{found}`"))
                );
            }
            Some(found) if found.is_control() => {
                return Err(self.back("control characters cannot be matched portably"));
            }
            Some(_) | None => {}
        }
        Ok(true)
    }

    fn repetition(&mut self, repeatable: bool) -> Result<(), String> {
        let start = self.at;
        match self.peek() {
            Some('*' | '+' | '?') => self.at += 1,
            Some('{') => {
                self.at += 1;
                self.counts()?;
            }
            _ => return Ok(()),
        }
        if !repeatable {
            self.at = start;
            return Err(self.wrong("an anchor cannot be repeated"));
        }
        if matches!(self.peek(), Some('*' | '+' | '?' | '{')) {
            return Err(
                self.wrong("lazy, possessive and doubled repetitions are not portable; keep one")
            );
        }
        Ok(())
    }

    fn counts(&mut self) -> Result<(), String> {
        let usage = "write `{m}`, `{m,}` or `{m,n}` with numbers up to 255";
        let least = self.number().ok_or_else(|| self.wrong(usage))?;
        let most = if self.take(',') {
            if self.peek() == Some('}') {
                None
            } else {
                Some(self.number().ok_or_else(|| self.wrong(usage))?)
            }
        } else {
            Some(least)
        };
        if !self.take('}') || least > 255 || most.is_some_and(|most| most > 255 || most < least) {
            return Err(self.wrong(usage));
        }
        Ok(())
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        while self.peek().is_some_and(|next| next.is_ascii_digit()) {
            self.at += 1;
        }
        let digits: String = self.letters.get(start..self.at)?.iter().collect();
        digits.parse().ok()
    }

    fn class(&mut self) -> Result<(), String> {
        self.take('^');
        let mut members = 0;
        loop {
            let low = match self.next() {
                None => return Err(self.wrong("`[` is not closed; add `]`")),
                Some(']') if members > 0 => return Ok(()),
                Some(']') => {
                    return Err(
                        self.back("an empty class is not portable; write `\\]` for the character")
                    );
                }
                Some('[') => {
                    return Err(self.back("`[` inside a class is not portable; write `\\[`"));
                }
                Some(found @ ('&' | '~' | '-')) if self.peek() == Some(found) => {
                    return Err(self.back(&format!(
                        "`{found}{found}` is a set operation in some engines; write it once"
                    )));
                }
                Some('\\') => self.escaped()?,
                Some(found) => found,
            };
            members += 1;
            let is_range = self.peek() == Some('-')
                && self.letters.get(self.at + 1).is_some_and(|next| *next != ']');
            if is_range {
                self.at += 1;
                let high = match self.next() {
                    Some('\\') => self.escaped()?,
                    Some(found) => found,
                    None => return Err(self.wrong("`[` is not closed; add `]`")),
                };
                if high < low {
                    return Err(self.back(&format!(
                        "the range `{low}-{high}` is reversed; write `{high}-{low}`"
                    )));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        self.escaped().map(drop)
    }

    fn escaped(&mut self) -> Result<char, String> {
        let fix = match self.next() {
            Some(found) if "^$\\.*+?()[]{}|/-".contains(found) => return Ok(found),
            Some('n') => return Ok('\n'),
            Some('t') => return Ok('\t'),
            Some('d') => "`\\d` differs between engines; write `[0-9]`",
            Some('D') => "`\\D` differs between engines; write `[^0-9]`",
            Some('w') => "`\\w` differs between engines; write `[A-Za-z0-9_]`",
            Some('W') => "`\\W` differs between engines; write `[^A-Za-z0-9_]`",
            Some('s') => "`\\s` differs between engines; write `[ \\t\\n]`",
            Some('S') => "`\\S` differs between engines; write `[^ \\t\\n]`",
            Some('b' | 'B') => {
                "word boundaries differ between engines; write what stands beside the word"
            }
            Some('p' | 'P') => {
                "Unicode classes differ between engines; write the characters, such as `[A-Za-z]`"
            }
            Some('1'..='9') => "back references are not portable; write the text again",
            Some(_) => {
                "only `^$\\.*+?()[]{}|/-`, `n` and `t` are escaped portably; write the character alone"
            }
            None => {
                return Err(
                    self.wrong("the pattern ends with `\\`; write `\\\\` for the character")
                );
            }
        };
        Err(self.back(fix))
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn wrong(&self, message: impl std::fmt::Display) -> String {
        format!("not a portable pattern at character {}: {message}", self.at + 1)
    }

    /// As [`wrong`](Self::wrong), for the character just read.
    fn back(&self, message: &str) -> String {
        format!("not a portable pattern at character {}: {message}", self.at)
    }
}

#[cfg(test)]
mod unit_tests {
    use super::check;

    #[test]
    fn portable_patterns_pass() {
        for pattern in [
            "^[A-Z0-9-]+$",
            "^(a|b)*c{2,3}$",
            "^[^@ ]+@[^@ ]+\\.[a-z]{2,}$",
            "",
            "\\[x\\]",
            "^\\+?[0-9]{6,15}$",
            "[-a]",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn unportable_patterns_name_the_place_and_the_fix() {
        for (pattern, expected) in [
            ("^\\d+$", "character 3: `\\d` differs between engines; write `[0-9]`"),
            ("a.b", "character 2: `.` differs"),
            ("(?:a)", "character 2: groups with `(?`"),
            ("a+?", "character 3: lazy"),
            ("[a", "`[` is not closed"),
            ("(a", "`(` is not closed"),
            ("a)", "unexpected `)`"),
            ("*a", "nothing to repeat"),
            ("[z-a]", "reversed"),
            ("a{3,2}", "write `{m}`"),
            ("a{999}", "write `{m}`"),
            ("[[a]", "write `\\[`"),
            ("\\bword", "word boundaries"),
            ("^*", "an anchor cannot be repeated"),
            ("a\\", "ends with"),
        ] {
            let message = check(pattern).expect_err(pattern);
            assert!(message.contains(expected), "{pattern}: {message}");
        }
    }
}

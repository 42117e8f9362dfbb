//! The names that follow from a declaration.

/// `OrderLine` becomes `order_line`, `HTTPRequest` becomes `http_request`.
pub(crate) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| letters.get(index));
        let after = letters.get(index + 1);
        let starts_word = letter.is_uppercase()
            && before.is_some_and(|before| {
                *before != '_'
                    && (!before.is_uppercase() || after.is_some_and(|after| after.is_lowercase()))
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// `priceCents` and `price_cents` become `PRICE_CENTS`.
pub(crate) fn screaming(name: &str) -> String {
    snake(name).to_uppercase()
}

/// `price_cents` and `priceCents` become `PriceCents`.
pub(crate) fn pascal(name: &str) -> String {
    let mut pascal = String::new();
    for word in snake(name).split('_') {
        let mut letters = word.chars();
        pascal.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        pascal.extend(letters);
    }
    pascal
}

/// The usual English plural of the last word.
pub(crate) fn plural(name: &str) -> String {
    for (singular, plural) in [("person", "people"), ("child", "children"), ("man", "men")] {
        if let Some(start) = name.strip_suffix(singular)
            && (start.is_empty()
                || start.ends_with('_')
                || singular == "man" && start.ends_with("wo"))
        {
            return format!("{start}{plural}");
        }
    }
    if let Some(start) = name.strip_suffix('y')
        && !start.ends_with(['a', 'e', 'i', 'o', 'u'])
    {
        return format!("{start}ies");
    }
    if name.ends_with(['s', 'x', 'z']) || name.ends_with("ch") || name.ends_with("sh") {
        return format!("{name}es");
    }
    format!("{name}s")
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn snake_splits_words_and_keeps_acronyms_together() {
        for (name, expected) in [
            ("Product", "product"),
            ("OrderLine", "order_line"),
            ("HTTPRequest", "http_request"),
            ("Item2", "item2"),
            ("already_snake", "already_snake"),
        ] {
            assert_eq!(snake(name), expected);
        }
    }

    #[test]
    fn pascal_joins_words() {
        for (name, expected) in
            [("price_cents", "PriceCents"), ("priceCents", "PriceCents"), ("type_", "Type")]
        {
            assert_eq!(pascal(name), expected);
        }
    }

    #[test]
    fn plural_follows_english() {
        for (name, expected) in [
            ("product", "products"),
            ("category", "categories"),
            ("day", "days"),
            ("address", "addresses"),
            ("box", "boxes"),
            ("branch", "branches"),
            ("person", "people"),
            ("human", "humans"),
        ] {
            assert_eq!(plural(name), expected);
        }
    }
}

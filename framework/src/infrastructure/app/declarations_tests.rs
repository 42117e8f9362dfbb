//! Declarations that only show their faults together.

use super::check;
use crate::{Decimal, Entity, EntityEnum, Uuid, ValueObject};

/// The faults, without the names in front.
fn faults<E: Entity>() -> Vec<String> {
    check(&[E::schema()])
}

#[derive(Debug, Clone, Entity)]
#[entity(
    crate = "crate",
    has_many(books: Book, key = "author_id"),
    has_one(portrait: Portrait),
    many_to_many(friends: Author, via = Friendship, source = "left_id", target = "right_id")
)]
struct Author {
    #[entity(id)]
    id: Uuid,
}

#[derive(Debug, Clone, Entity)]
#[entity(crate = "crate")]
struct Book {
    #[entity(id)]
    id: Uuid,
    #[entity(belongs_to = Author, rename = "writtenBy")]
    author_id: Uuid,
    #[entity(belongs_to = Friendship, column = "pair")]
    friendship_id: Option<Uuid>,
    #[entity(owned)]
    pages: Vec<Page>,
}

#[derive(Debug, Clone, Entity)]
#[entity(crate = "crate")]
struct Page {
    #[entity(id)]
    id: Uuid,
    #[entity(owned_by = Book, rename = "bookId")]
    book_id: Uuid,
}

#[derive(Debug, Clone, Entity)]
#[entity(crate = "crate")]
struct Portrait {
    #[entity(id)]
    id: Uuid,
    #[entity(belongs_to = Author, unique)]
    author_id: Uuid,
}

#[derive(Debug, Clone, Entity)]
#[entity(crate = "crate", has_many(books: Book, key = "friendship_id"))]
struct Friendship {
    #[entity(id)]
    id: Uuid,
    #[entity(belongs_to = Author)]
    left_id: Uuid,
    #[entity(belongs_to = Author)]
    right_id: Uuid,
}

#[test]
fn keys_are_found_by_field_column_and_wire_name() {
    assert_eq!(
        check(&[Author::schema(), Book::schema(), Friendship::schema(), Portrait::schema()]),
        [""; 0]
    );
}

#[derive(Debug, Clone, Entity)]
#[entity(
    crate = "crate",
    has_many(reviews: Review, key = "produkt_id"),
    has_many(strangers: Page, key = "book_id"),
    has_one(verdict: Review, key = "product_id"),
    many_to_many(others: Product, via = Review, source = "product_id", target = "id")
)]
struct Product {
    #[entity(id)]
    id: Uuid,
    #[entity(owned)]
    parts: Vec<Review>,
}

#[derive(Debug, Clone, Entity)]
#[entity(crate = "crate")]
struct Review {
    #[entity(id)]
    id: Uuid,
    #[entity(belongs_to = Product)]
    product_id: Uuid,
}

#[test]
fn keys_that_join_nothing_are_told_with_the_right_one() {
    let found = faults::<Product>();
    let expected = [
        "Product.parts: clients would set `product_id` of Review; write `owned_by = Product` on it",
        "Product.reviews: Review has no field `produkt_id`; write `key = \"product_id\"`",
        "Product.strangers: `book_id` of Page does not point to Product; give Page a key with `belongs_to = Product`",
        "Product.verdict: several Review could have the same `product_id`; write `unique` on it, or `has_many`",
        "Product.others: `id` of Review does not point to Product; write `target = \"product_id\"`",
    ];
    for fault in expected {
        assert!(found.iter().any(|known| known == fault), "{fault}: {found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueObject)]
#[value_object(crate = "crate", range(0..=100))]
struct Percent(i32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, EntityEnum)]
#[entity_enum(crate = "crate")]
enum State {
    On,
}

const TOO_LONG: fn() -> String = || "lamp".repeat(9);

#[derive(Debug, Clone, Entity)]
#[entity(crate = "crate")]
struct Values {
    #[entity(id)]
    id: Uuid,
    #[entity(default = TOO_LONG(), length(..=5), example = "lamp")]
    name: String,
    #[entity(range(200..))]
    share: Percent,
    #[entity(example = "off")]
    state: State,
    #[entity(example = 9.5, decimal(precision = 5, scale = 2))]
    price: Decimal,
    #[entity(example = 101)]
    discount: Option<Percent>,
}

#[test]
fn defaults_and_examples_keep_their_own_rules() {
    let found = faults::<Values>();
    let expected = [
        "Values.name: its own rules refuse its default: name takes at most 5 characters",
        "Values.share: no value is within the bounds of the field and those of its type; widen one",
        "Values.state: its own type or rules refuse its example: state must be one of on",
        "Values.discount: its own type or rules refuse its example: discount must be at most 100",
    ];
    assert_eq!(found, expected);
}

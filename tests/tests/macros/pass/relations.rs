//! Every way from one entity to another, and what is said about it.

use framework::domain::schema::{Link, OnDelete};
use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
#[entity(
    has_many(books: Book, key = "author_id", doc = "What the author wrote."),
    has_one(portrait: Portrait, key = "author_id"),
    many_to_many(friends: Author, via = Friendship, source = "left_id", target = "right_id", doc = "Who likes whom."),
    many_to_many(admirers: Author, via = Friendship, source = "right_id", target = "left_id")
)]
pub struct Author {
    #[entity(id)]
    pub id: Uuid,
}

#[derive(Debug, Clone, Entity)]
pub struct Friendship {
    #[entity(id)]
    pub id: Uuid,
    #[entity(belongs_to = Author, on_delete = "cascade")]
    pub left_id: Uuid,
    #[entity(belongs_to = Author, on_delete = "cascade")]
    pub right_id: Uuid,
}

#[derive(Debug, Clone, Entity)]
pub struct Portrait {
    #[entity(id)]
    pub id: Uuid,
    #[entity(belongs_to = Author, unique)]
    pub author_id: Uuid,
}

#[derive(Debug, Clone, Entity)]
pub struct Book {
    #[entity(id)]
    pub id: Uuid,
    /// Who wrote it.
    #[entity(belongs_to = Author, on_delete = "set_null")]
    pub author_id: Option<Uuid>,
    #[entity(belongs_to(Book, as = sequel), filter)]
    pub next: Option<Uuid>,
    /// What it says.
    #[entity(owned, rename = "leaves")]
    pub pages: Vec<Page>,
}

#[derive(Debug, Clone, Entity)]
pub struct Page {
    #[entity(id)]
    pub id: Uuid,
    #[entity(owned_by = Book)]
    pub book_id: Uuid,
}

#[test]
fn relations_name_their_keys_and_tell_what_they_are() {
    let author = Author::schema();
    let docs = |name: &str| author.relation(name).unwrap().doc;
    assert_eq!((docs("books"), docs("friends")), ("What the author wrote.", "Who likes whom."));
    assert_eq!((docs("portrait"), docs("admirers")), ("", ""));
    assert!(matches!(author.relation("portrait").unwrap().link, Link::HasOne { key: "author_id" }));
    for (name, here, there) in
        [("friends", "left_id", "right_id"), ("admirers", "right_id", "left_id")]
    {
        let Link::ManyToMany { via, source, target } = author.relation(name).unwrap().link else {
            panic!("{name} are joined by a third entity")
        };
        assert_eq!((via().table, source, target), ("friendships", here, there));
    }

    let book = Book::schema();
    assert_eq!(book.relation("author").unwrap().doc, "Who wrote it.");
    assert_eq!(book.relation("leaves").unwrap().doc, "What it says.");
    assert!(book.relation("leaves").unwrap().owned && !book.relation("author").unwrap().owned);
    assert!(matches!(book.relation("leaves").unwrap().link, Link::HasMany { key: "book_id" }));
    assert!(matches!(book.relation("sequel").unwrap().link, Link::BelongsTo { field: 2 }));
    assert_eq!(book.fields[1].reference.unwrap().on_delete, OnDelete::SetNull);
    assert_eq!(Page::schema().fields[1].reference.unwrap().on_delete, OnDelete::Cascade);
    assert_eq!((Book::SEQUEL.name(), Author::FRIENDS.name()), ("sequel", "friends"));
}

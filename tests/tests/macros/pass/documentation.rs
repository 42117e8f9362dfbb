//! Doc comments reach the documents.

use framework::domain::schema::Kind;
use framework::{Entity, EntityEnum, Uuid};

/// A product.
///
/// Sold "as is", in `many` shapes \ sizes.
#[derive(Debug, Clone, Entity)]
struct Product {
    #[entity(id)]
    id: Uuid,
    /** In one
    block. */
    name: String,
    #[doc = concat!("not ", "read")]
    #[doc = "Written as an attribute."]
    code: String,
    state: State,
}

/// Whether it runs.
#[derive(Debug, Clone, PartialEq, EntityEnum)]
enum State {
    /// It runs.
    On,
    Off,
}

#[test]
fn doc_comments_reach_the_documents() {
    let schema = Product::schema();
    assert_eq!(schema.doc, "A product.\n\nSold \"as is\", in `many` shapes \\ sizes.");
    assert!(schema.fields[1].doc.starts_with("In one"));
    assert_eq!(schema.fields[2].doc, "Written as an attribute.");
    let Kind::Enum(state) = schema.fields[3].kind else { panic!("a state is an enum") };
    assert_eq!(
        (state.doc, state.variants),
        ("Whether it runs.", &[("on", "It runs."), ("off", "")][..])
    );
}

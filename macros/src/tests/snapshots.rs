//! The expansions, as people would read them.

use proc_macro2::TokenStream;

/// What a derive writes for a source, formatted.
pub(super) fn pretty(derive: fn(TokenStream) -> TokenStream, source: &str) -> String {
    let tokens: TokenStream = source.parse().expect("tokens");
    let file = syn::parse2(derive(tokens)).expect("an expansion is Rust");
    prettyplease::unparse(&file)
}

macro_rules! snapshot {
    ($name:ident, $derive:path, $source:literal) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), pretty($derive, $source));
        }
    };
}

snapshot!(
    minimal,
    crate::expand::derive,
    "
    pub struct Note {
        #[entity(id)]
        pub id: Uuid,
    }
    "
);

snapshot!(
    full,
    crate::expand::derive,
    r#"
    /// A product offered in the shop.
    #[entity(table = "goods", plural = "wares", events, cache(ttl = "5m"), require_if_match)]
    #[entity(limit(default = 10, max = 50), unique(sku, name))]
    #[entity(has_many(reviews: Review, key = "product_id", doc = "What buyers say."))]
    #[entity(many_to_many(tags: Tag, via = ProductTag))]
    pub struct Product {
        #[entity(id)]
        pub id: Uuid,
        /// Stock keeping unit.
        #[entity(unique, filter, sort, search, length(1..=64), pattern = "^[A-Z0-9-]+$", example = "SKU-1")]
        pub sku: String,
        #[entity(rename = "displayName", column = "title", filter(eq, contains))]
        pub name: String,
        #[entity(range(0..=100), default = 3)]
        pub rating: i32,
        #[entity(decimal(precision = 12, scale = 2), range(0..))]
        pub price: Decimal,
        /// Where the product stands in the shop.
        #[entity(belongs_to = Category, filter, on_delete = "set_null")]
        pub category_id: Option<Uuid>,
        #[entity(hidden)]
        pub note: Option<String>,
        #[entity(immutable)]
        pub r#type: Option<Kind>,
        #[entity(created_at)]
        pub created_at: DateTime<Utc>,
        #[entity(updated_at)]
        pub updated_at: DateTime<Utc>,
        #[entity(deleted_at)]
        pub deleted_at: Option<DateTime<Utc>>,
        #[entity(version)]
        pub version: i64,
        #[entity(owner)]
        pub owner: Uuid,
        #[entity(tenant)]
        pub tenant: Option<String>,
    }
    "#
);

snapshot!(
    aggregate,
    crate::expand::derive,
    r#"
    pub struct Order {
        #[entity(id)]
        pub id: Uuid,
        /// What is ordered.
        #[entity(owned, key = "order_id")]
        pub lines: Vec<OrderLine>,
    }
    "#
);

snapshot!(
    part_of_an_aggregate,
    crate::expand::derive,
    "
    pub(crate) struct OrderLine {
        #[entity(id)]
        id: Uuid,
        #[entity(owned_by = Order)]
        order_id: Uuid,
        quantity: u32,
    }
    "
);

snapshot!(
    mistake,
    crate::expand::derive,
    "
    pub struct Note {
        #[entity(id)]
        pub id: Uuid,
        #[entity(uniqe)]
        pub text: String,
    }
    "
);

snapshot!(
    enumeration,
    crate::entity_enum::derive,
    r#"
    /// Where a product stands.
    pub enum Status {
        /// To be bought.
        Open,
        #[entity_enum(rename = "gone")]
        SoldOut,
    }
    "#
);

snapshot!(
    value_object,
    crate::value_object::derive,
    r#"
    #[value_object(length(3..=254), format = "email", check = no_spaces)]
    pub struct Email(String);
    "#
);

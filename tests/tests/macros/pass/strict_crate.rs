//! Expansions are silent under the strictest lints.
#![deny(warnings, missing_docs, unreachable_pub, unused, rust_2018_idioms, non_camel_case_types)]
#![deny(
    unsafe_code,
    single_use_lifetimes,
    trivial_casts,
    unused_qualifications,
    missing_debug_implementations
)]

mod shop {
    use framework::{Entity, EntityEnum, Uuid, ValueObject};

    /// A product.
    #[derive(Debug, Clone, Entity)]
    pub(crate) struct Product {
        #[entity(id)]
        pub(crate) id: Uuid,
        /// A name.
        pub(crate) name: Option<Name>,
        pub(crate) state: State,
        /// Parts.
        #[entity(owned)]
        pub(crate) parts: Vec<Part>,
    }

    /// A part.
    #[derive(Debug, Clone, Entity)]
    pub(crate) struct Part {
        #[entity(id)]
        pub(crate) id: Uuid,
        #[entity(owned_by = Product)]
        pub(crate) product_id: Uuid,
    }

    /// Only known here.
    #[derive(Debug, Clone, Entity)]
    struct Secret {
        #[entity(id)]
        id: Uuid,
    }

    /// A name.
    #[derive(Debug, Clone, PartialEq, ValueObject)]
    pub(crate) struct Name(String);

    /// A state.
    #[derive(Debug, Clone, PartialEq, EntityEnum)]
    pub(crate) enum State {
        /// It is on.
        On,
    }

    pub(crate) fn secret() -> impl Entity {
        Secret { id: Uuid::nil() }
    }
}

use framework::{Entity, Uuid};
use shop::{Name, Part, Product, State};

#[test]
fn expansions_are_silent_under_strict_lints() {
    let part = Part { id: Uuid::nil(), product_id: Uuid::nil() };
    let name = Name::new("Lamp").ok();
    let product = Product { id: Uuid::nil(), name, state: State::On, parts: vec![part] };
    assert_eq!(product.id(), &product.parts[0].product_id);
    assert_eq!((product.parts[0].id, product.name.is_some()), (Uuid::nil(), true));
    assert_eq!(product.state, State::On);
    assert_eq!(shop::secret().into_row().len(), 1);
}

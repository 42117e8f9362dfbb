//! What the compiler says to mistakes: one per file of `fail`, which is named after it.
//!
//! After a change of a message, run with `TRYBUILD=overwrite` and read the difference.

#[test]
fn every_mistake_is_explained_at_its_place() {
    trybuild::TestCases::new().compile_fail("tests/macros/fail/*.rs");
}

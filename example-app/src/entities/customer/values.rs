//! Values that are right by construction.

use framework::ValueObject;

/// An e-mail address. Compared as it is written: `Ada@example.org` is another one than `ada@example.org`, as the
/// standard allows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, ValueObject)]
#[value_object(format = "email", length(3..=254))]
pub struct Email(String);

/// A phone number in international form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, ValueObject)]
#[value_object(pattern = "^[+][1-9][0-9]{6,14}$", length(8..=16))]
pub struct PhoneNumber(String);

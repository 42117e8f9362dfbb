//! The stored type of a field whose type only the compiler knows.
//!
//! A type that is no scalar has no stored type, and SeaORM's derives would complain about that dozens of times. Here such
//! a type is stored as text, so that the one message about the field itself remains.

use std::marker::PhantomData;

use crate::domain::scalar::Scalar;

/// Asks whether `T` is a scalar: `Probe::<T>::IS_SCALAR`, with [`NoScalar`] in scope.
pub struct Probe<T>(PhantomData<T>);

impl<T: Scalar> Probe<T> {
    /// Found first, where it exists.
    pub const IS_SCALAR: bool = true;
}

/// The answer for every other type.
pub trait NoScalar {
    /// Found where `T` is no scalar.
    const IS_SCALAR: bool = false;
}

impl<T> NoScalar for Probe<T> {}

/// A field type beside the answer of [`Probe`].
pub struct Stored<T, const IS_SCALAR: bool>(PhantomData<T>);

/// What a column holds.
pub trait Storage {
    /// Of a scalar its own, otherwise text.
    type Type;
}

impl<T: Scalar> Storage for Stored<T, true> {
    type Type = T::Stored;
}

impl<T> Storage for Stored<T, false> {
    type Type = String;
}

//! A member of a merge patch (RFC 7396): absent, null or a value.

/// Absent, or present with a value; `Patch<Option<T>>` tells absent from null.
///
/// ```
/// use framework::Patch;
///
/// assert_eq!(Patch::Absent.or(1), 1);
/// assert_eq!(Patch::Set(2).or(1), 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// The member was not there: keep what is stored.
    #[default]
    Absent,
    /// The member was there: store this.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether the member was absent.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The new value, or the current one.
    pub fn or(self, current: T) -> T {
        match self {
            Self::Absent => current,
            Self::Set(value) => value,
        }
    }

    /// Writes the new value, if any, over the current one.
    pub fn apply(self, current: &mut T) {
        if let Self::Set(value) = self {
            *current = value;
        }
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T: serde::Serialize> serde::Serialize for Patch<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            // Reached only without `skip_serializing_if`, which every generated member carries.
            Self::Absent => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Patch<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Set)
    }
}

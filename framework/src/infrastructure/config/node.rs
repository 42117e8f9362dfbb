//! Settings of the user's own sections as a serde source: text from the environment becomes what the type asks for.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::error::Problem;

/// A value from the environment or from a file, or a table of them.
#[derive(Clone)]
pub(super) enum Node {
    Table(BTreeMap<String, Node>),
    Text(String),
    Toml(toml::Value),
}

impl Default for Node {
    fn default() -> Self {
        Self::Table(BTreeMap::new())
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(table) => f.debug_map().entries(table).finish(),
            // It may be a secret.
            Self::Text(_) | Self::Toml(_) => f.write_str("[REDACTED]"),
        }
    }
}

impl Node {
    /// A single value as text.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Toml(toml::Value::String(text)) => Some(text.clone()),
            Self::Toml(toml::Value::Integer(number)) => Some(number.to_string()),
            Self::Toml(toml::Value::Float(number)) => Some(number.to_string()),
            Self::Toml(toml::Value::Boolean(truth)) => Some(truth.to_string()),
            Self::Toml(_) | Self::Table(_) => None,
        }
    }

    /// Whether this is a text of nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.text().is_some_and(|text| text.trim().is_empty())
    }

    /// Puts a value at a dotted key, making tables on the way. Of a value and a table at one key, the later one wins.
    pub(super) fn insert(table: &mut BTreeMap<String, Self>, key: &str, value: Self) {
        match key.split_once('.') {
            None => {
                table.insert(key.to_owned(), value);
            }
            Some((first, rest)) => {
                let inner = table.entry(first.to_owned()).or_default();
                if !matches!(inner, Self::Table(_)) {
                    *inner = Self::default();
                }
                if let Self::Table(inner) = inner {
                    Self::insert(inner, rest, value);
                }
            }
        }
    }
}

/// Why a section does not fit its type.
#[derive(Debug)]
pub(super) struct Misfit {
    path: Vec<String>,
    message: String,
}

impl Misfit {
    fn at(mut self, key: &str) -> Self {
        self.path.insert(0, key.to_owned());
        self
    }

    /// As a problem of this section.
    pub(super) fn under(self, section: &str) -> Problem {
        let key =
            std::iter::once(section.to_owned()).chain(self.path).collect::<Vec<_>>().join(".");
        let variable = key.to_uppercase().replace('.', "__");
        let hint = format!("set it in the file, or as APP__{variable}");
        Problem { key, source: String::new(), message: self.message, hint }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.join("."), self.message)
    }
}

impl std::error::Error for Misfit {}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { path: Vec::new(), message: message.to_string() }
    }
}

impl From<toml::de::Error> for Misfit {
    fn from(error: toml::de::Error) -> Self {
        Self { path: Vec::new(), message: error.message().to_owned() }
    }
}

impl IntoDeserializer<'_, Misfit> for Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Text is read as the type that is asked for; everything else is what it is.
macro_rules! parsed {
    ($($method:ident $visit:ident $type:ty, $expected:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            match &self {
                // The text is not repeated in the message: it may be a secret.
                Self::Text(text) => match text.trim().parse::<$type>() {
                    Ok(value) => visitor.$visit(value),
                    Err(_) => Err(de::Error::custom(concat!("expected ", $expected))),
                },
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Node {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Table(table) => {
                let members = table.into_iter().map(|(key, node)| (key.clone(), Member(key, node)));
                let mut map = MapDeserializer::new(members);
                let value = visitor.visit_map(&mut map)?;
                map.end()?;
                Ok(value)
            }
            Self::Text(text) => visitor.visit_string(text),
            Self::Toml(value) => Ok(value.deserialize_any(visitor)?),
        }
    }

    parsed! {
        deserialize_bool visit_bool bool, "true or false";
        deserialize_i8 visit_i8 i8, "a whole number";
        deserialize_i16 visit_i16 i16, "a whole number";
        deserialize_i32 visit_i32 i32, "a whole number";
        deserialize_i64 visit_i64 i64, "a whole number";
        deserialize_u8 visit_u8 u8, "a whole number from 0";
        deserialize_u16 visit_u16 u16, "a whole number from 0";
        deserialize_u32 visit_u32 u32, "a whole number from 0";
        deserialize_u64 visit_u64 u64, "a whole number from 0";
        deserialize_f32 visit_f32 f32, "a number";
        deserialize_f64 visit_f64 f64, "a number";
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Text(text) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                let items = items.map(|item| Self::Text(item.to_owned())).collect::<Vec<_>>();
                visitor.visit_seq(SeqDeserializer::new(items.into_iter()))
            }
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self {
            Self::Text(text) => visitor.visit_enum(text.into_deserializer()),
            Self::Toml(value) => Ok(value.deserialize_enum(name, variants, visitor)?),
            Self::Table(_) => Err(de::Error::custom("expected a name")),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

/// A member of a table: its key is put before whatever goes wrong inside.
struct Member(String, Node);

impl IntoDeserializer<'_, Misfit> for Member {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! keyed {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            self.1.$method(visitor).map_err(|misfit| misfit.at(&self.0))
        }
    )*};
}

impl<'de> Deserializer<'de> for Member {
    type Error = Misfit;

    keyed! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64
        deserialize_option deserialize_seq
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.1.deserialize_newtype_struct(name, visitor).map_err(|misfit| misfit.at(&self.0))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.1.deserialize_enum(name, variants, visitor).map_err(|misfit| misfit.at(&self.0))
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

//! Values that may be written in more than one shape: a word, or a map.
//!
//! Reading them never fails on the shape itself, so that whoever asked can say what was expected, at the right place.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, de};

use super::problem::Problem;

/// Something that is read from a map.
pub(super) trait FromMap<'de>: Sized {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;
}

/// A value of any shape.
#[derive(Debug)]
pub(super) enum Shape<M> {
    /// A text.
    Word(String),
    /// A map.
    Map(M),
    /// Neither; in words.
    Other(String),
}

/// What to say of a value of the wrong shape.
pub(super) fn misshapen(expected: &str, found: &str) -> Problem {
    Problem::new(format!("expected {expected}, found {found}"))
}

impl<'de, M: FromMap<'de>> Deserialize<'de> for Shape<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyShape(PhantomData))
    }
}

struct AnyShape<M>(PhantomData<M>);

impl<'de, M: FromMap<'de>> Visitor<'de> for AnyShape<M> {
    type Value = Shape<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word or a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        M::from_map(map).map(Shape::Map)
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Self::Value, E> {
        Ok(Shape::Word(word.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Shape::Other("a list".to_owned()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Shape::Other("nothing".to_owned()))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Shape::Other(format!("`{value}`")))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Shape::Other(format!("the number {value}")))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Shape::Other(format!("the number {value}")))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Shape::Other(format!("the number {value}")))
    }
}

//! How often something must have happened.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number of times: `2`, or `{ at_least: 1, at_most: 2 }` with one bound or both, where several ways are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    at_least: u32,
    /// No bound when absent.
    at_most: Option<u32>,
}

impl Count {
    /// Exactly so often.
    #[must_use]
    pub const fn exactly(times: u32) -> Self {
        Self { at_least: times, at_most: Some(times) }
    }

    /// Whether `found` is as often as it must be.
    #[must_use]
    pub const fn allows(self, found: u32) -> bool {
        let is_not_more = match self.at_most {
            Some(at_most) => found <= at_most,
            None => true,
        };
        self.at_least <= found && is_not_more
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.at_least, self.at_most) {
            (least, Some(most)) if least == most => write!(f, "{least}"),
            (0, Some(most)) => write!(f, "at most {most}"),
            (least, Some(most)) => write!(f, "{least} to {most}"),
            (least, None) => write!(f, "at least {least}"),
        }
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.at_most == Some(self.at_least) {
            return serializer.serialize_u32(self.at_least);
        }
        let mut map = serializer.serialize_map(None)?;
        if self.at_least > 0 {
            map.serialize_entry("at_least", &self.at_least)?;
        }
        if let Some(at_most) = self.at_most {
            map.serialize_entry("at_most", &at_most)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or `{ at_least: 1, at_most: 2 }`")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Count, E> {
        u32::try_from(number).map(Count::exactly).map_err(|_| E::custom("this is too often to count"))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Count, E> {
        u32::try_from(number).map(Count::exactly).map_err(|_| E::custom("nothing happens less than 0 times"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Count, A::Error> {
        let (mut at_least, mut at_most) = (None, None);
        while let Some(bound) = map.next_key::<String>()? {
            match bound.as_str() {
                "at_least" => at_least = Some(map.next_value::<u32>()?),
                "at_most" => at_most = Some(map.next_value::<u32>()?),
                other => return Err(de::Error::unknown_field(other, &["at_least", "at_most"])),
            }
        }
        match (at_least, at_most) {
            (None, None) => Err(de::Error::custom("write `at_least`, `at_most` or both")),
            (Some(least), Some(most)) if least > most => Err(de::Error::custom("`at_least` is more than `at_most`")),
            (least, at_most) => Ok(Count { at_least: least.unwrap_or_default(), at_most }),
        }
    }
}

impl JsonSchema for Count {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let number = json_schema!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
        json_schema!({
            "description": "How often: a number, or bounds where several ways are right.",
            "oneOf": [number.clone(), {
                "type": "object",
                "additionalProperties": false,
                "minProperties": 1,
                "properties": { "at_least": number.clone(), "at_most": number }
            }]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_allows_what_its_bounds_say_and_says_them() {
        for (text, says, allowed, refused) in [
            ("2", "2", vec![2], vec![1, 3]),
            ("{ at_most: 2 }", "at most 2", vec![0, 2], vec![3]),
            ("{ at_least: 1 }", "at least 1", vec![1, 9], vec![0]),
            ("{ at_least: 1, at_most: 2 }", "1 to 2", vec![1, 2], vec![0, 3]),
            ("{ at_least: 2, at_most: 2 }", "2", vec![2], vec![1, 3]),
        ] {
            let count: Count = serde_yaml::from_str(text).unwrap();
            assert_eq!(count.to_string(), says);
            assert!(allowed.iter().all(|found| count.allows(*found)), "{text}");
            assert!(!refused.iter().any(|found| count.allows(*found)), "{text}");
            let again: Count = serde_json::from_str(&serde_json::to_string(&count).unwrap()).unwrap();
            assert_eq!(again, count);
        }
        for text in ["-1", "{}", "{ at_least: 3, at_most: 2 }", "{ atmost: 2 }", "often", "4294967296"] {
            assert!(serde_yaml::from_str::<Count>(text).is_err(), "{text}");
        }
    }
}

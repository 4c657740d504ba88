//! The JSON Schemas of the protocol, for authors and their editors. Made from the types; the files in `schema/` are copies.

use serde_json::Value;

use crate::adapter::protocol::{Message, Request};

/// The schemas with the names of their files.
#[must_use]
pub fn json_schemas() -> [(&'static str, Value); 2] {
    [
        ("adapter-request.schema.json", schemars::schema_for!(Request).to_value()),
        ("adapter-message.schema.json", schemars::schema_for!(Message).to_value()),
    ]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_files_are_what_the_types_say() {
        for (name, schema) in json_schemas() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
            let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
            if std::env::var_os("UPDATE_SCHEMAS").is_some() {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, &text).unwrap();
            }
            let file = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(file == text, "{name} is not up to date; run this test with UPDATE_SCHEMAS=1");
        }
    }
}

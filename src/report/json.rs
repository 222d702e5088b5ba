//! Everything, for programs. The names are those of [`schema`].

use super::{escape, mirror};
use crate::scan::Scan;
use schemars::JsonSchema;

/// The value of `schema` in the output.
pub const SCHEMA_ID: &str = "sekisho/scan/1";

/// The JSON Schema (2020-12) of the output.
#[must_use]
pub fn schema() -> serde_json::Value {
    of::<mirror::ScanJson>(SCHEMA_ID)
}

/// The JSON Schema of a document that says in `schema` what it is.
pub(super) fn of<T: JsonSchema>(id: &str) -> serde_json::Value {
    let mut schema = schemars::schema_for!(T).to_value();
    if let Some(word) = schema.pointer_mut("/properties/schema") {
        *word = serde_json::json!({ "const": id });
    }
    schema
}

pub(super) fn render(scan: &Scan) -> String {
    // Serialising to memory fails for none of these types: no map with other keys than strings, no foreign writer.
    let text = serde_json::to_string_pretty(&mirror::scan(scan, SCHEMA_ID)).unwrap_or_default();
    escape::json(&text) + "\n"
}

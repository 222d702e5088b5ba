//! The keys of the files that people write, from their JSON Schemas. Each description there is Japanese, ` / `, English.

use serde_json::Value;

/// A table for the file itself and for each of its parts that has keys.
pub(crate) fn tables(file: &str, schema: &Value, lang: &str) -> String {
    let mut out = format!("## {file}\n\n{}\n\n", said(schema, lang));
    out += &table(schema, lang);
    for (name, part) in schema["$defs"].as_object().into_iter().flatten() {
        if part["properties"].is_object() {
            out += &format!("### {name}: {}\n\n{}", said(part, lang), table(part, lang));
        }
    }
    out
}

fn table(part: &Value, lang: &str) -> String {
    let head = if lang == "ja" {
        "| 項目 | 意味 |\n|---|---|\n"
    } else {
        "| key | meaning |\n|---|---|\n"
    };
    let rows = part["properties"].as_object().into_iter().flatten();
    let rows = rows.map(|(key, value)| {
        let leads = part_of(value).map(|name| format!(" → {name}")).unwrap_or_default();
        format!("| `{key}` | {}{leads} |\n", said(value, lang).replace('|', "\\|"))
    });
    format!("{head}{}\n", rows.collect::<String>())
}

/// The description in one language, on one line.
fn said(value: &Value, lang: &str) -> String {
    let both = value["description"].as_str().unwrap_or_default().replace('\n', " ");
    let (ja, en) = both.split_once(" / ").unwrap_or((&both, &both));
    (if lang == "ja" { ja } else { en }).replace('<', "\\<").replace('*', "\\*")
}

/// The part that a value is, a list of, or a map of.
fn part_of(value: &Value) -> Option<String> {
    if let Some(name) = value["$ref"].as_str() {
        let name = name.rsplit('/').next()?.to_owned();
        return (!["OneOrMany", "BoolOrText", "Word", "Label"].contains(&name.as_str()))
            .then_some(name);
    }
    let inner = ["items", "additionalProperties"].into_iter().filter_map(|key| value.get(key));
    let choices = value["anyOf"].as_array().into_iter().flatten();
    inner.chain(choices).find_map(part_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_language_has_its_words_and_parts_are_named() {
        let schema = json!({
            "description": "全体 / The whole",
            "properties": { "zones": { "description": "ゾーン / Zones", "additionalProperties": { "$ref": "#/$defs/Zone" } } },
            "$defs": { "Zone": { "description": "区画 / A zone", "properties": { "label": { "description": "名\n称 / Name" } } },
                       "Text": { "type": "string" } },
        });
        let page = tables("f.yaml", &schema, "en");
        for line in [
            "## f.yaml",
            "The whole",
            "| `zones` | Zones → Zone |",
            "### Zone: A zone",
            "| `label` | Name |",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} is not in {page}");
        }
        assert!(tables("f.yaml", &schema, "ja").contains("| `label` | 名 称 |"));
        assert!(!page.contains("Text"));
    }
}

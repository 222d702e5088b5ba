//! Topology and policy: every word rewritten where it stands, so that the layout and the line numbers stay; comments go.

use std::collections::BTreeMap;

use super::rewrite::Rewriter;
use crate::source::yaml::{self, Node, Value};
use crate::source::{File, FileId, Span};

/// Keys whose value a person wrote in words of their own.
const FREE: [&str; 17] = [
    "note",
    "reason",
    "document",
    "clause",
    "quote",
    "requested-by",
    "approved-by",
    "title",
    "summary",
    "comment",
    "description",
    "evidence",
    "approvers",
    "approver",
    "applicants",
    "purpose",
    "contract",
];

/// A scalar: where it stands, what it says, and whether it is free text.
struct Scalar<'n> {
    span: Span,
    text: &'n str,
    free: bool,
}

/// The file rewritten; `paths` are the files of the network and their new names. `None` when it is no strict YAML.
pub(super) fn rewrite(
    rewriter: &mut Rewriter,
    id: FileId,
    file: &File,
    paths: &BTreeMap<String, String>,
) -> Option<String> {
    let root = yaml::parse(id, file).ok()?;
    let mut scalars = Vec::new();
    collect(&root, false, &mut scalars);
    let (mut out, mut end) = (String::new(), 0);
    for scalar in scalars {
        let (start, stop) = (scalar.span.start as usize, scalar.span.end as usize);
        let gap = without_comments(file.text().get(end..start)?);
        let block = is_block(&gap);
        out.push_str(&gap);
        let written = file.text().get(start..stop)?;
        let image = match paths.get(scalar.text) {
            Some(path) => path.clone(),
            None if scalar.free => rewriter.words.text(scalar.text),
            None => rewriter.text(scalar.text),
        };
        if image == scalar.text {
            out.push_str(written);
        } else {
            out.push_str(&in_place(&image, written, block));
        }
        end = stop;
    }
    out.push_str(&without_comments(file.text().get(end..)?));
    Some(out)
}

fn collect<'n>(node: &'n Node, free: bool, out: &mut Vec<Scalar<'n>>) {
    match &node.value {
        Value::Null => {}
        Value::Scalar { text, .. } => out.push(Scalar { span: node.span, text, free }),
        Value::List(items) => items.iter().for_each(|item| collect(item, free, out)),
        Value::Map(entries) => {
            for (key, value) in entries {
                out.push(Scalar { span: key.span, text: &key.text, free: false });
                collect(value, free || FREE.contains(&key.text.as_str()), out);
            }
        }
    }
}

/// Whether a block of text follows: `|` or `>`, perhaps with a sign.
fn is_block(gap: &str) -> bool {
    gap.contains('\n')
        && gap.trim_end().trim_end_matches(['-', '+', '1', '2', '4']).ends_with(['|', '>'])
}

/// The image written as the original was, on as many lines, with the blanks before what follows.
fn in_place(image: &str, written: &str, block: bool) -> String {
    let lines = written.matches('\n').count();
    let plain = block || (!written.starts_with(['"', '\'']) && lines == 0);
    let image = image.split_whitespace().collect::<Vec<_>>().join(" ");
    let image = if plain {
        image
    } else {
        format!("\"{}\"", image.replace('\\', "\\\\").replace('"', "\\\""))
    };
    let tail = written.rsplit_once('\n').map_or("", |(_, tail)| tail);
    let tail = if tail.trim().is_empty() { tail } else { "" };
    format!("{image}{}{tail}", "\n".repeat(lines))
}

/// What stands between two scalars, without what stands behind `#`.
fn without_comments(gap: &str) -> String {
    let line = |line: &str| {
        let code = line.find('#').and_then(|at| line.get(..at)).unwrap_or(line);
        let feed = if line.ends_with('\n') && code.len() < line.len() { "\n" } else { "" };
        if code.len() < line.len() { format!("{}{feed}", code.trim_end()) } else { code.to_owned() }
    };
    gap.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scrub::address::Addresses;
    use crate::source::Sources;

    fn rewritten(text: &str) -> String {
        let mut sources = Sources::default();
        let id = sources.add("policy.yaml", text.as_bytes()).unwrap();
        let paths = BTreeMap::from([(
            "configs/kasumi.conf".to_owned(),
            "configs/device-1.conf".to_owned(),
        )]);
        rewrite(&mut Rewriter::new(Addresses::new([3; 32])), id, sources.file(id), &paths).unwrap()
    }

    #[test]
    fn the_layout_stays() {
        let text = "# 霞町\nversion: 1\nzones:\n  kasumi: { label: 霞町, networks: [127.0.0.0/8] } # 本庁\ndevices:\n  fw: { config: configs/kasumi.conf }\n";
        let found = rewritten(text);
        assert_eq!(found.lines().count(), text.lines().count());
        let expected = "\nversion: 1\nzones:\n  name-1: { label: name-2, networks: [127.0.0.0/8] }\ndevices:\n  fw: { config: configs/device-1.conf }\n";
        assert_eq!(found, expected);
    }

    #[test]
    fn free_text_goes_as_a_whole_and_blocks_keep_their_lines() {
        let text = "waivers:\n  - reason: >-\n      the server of any\n      office\n    rule: X-1 # any\n    note: \"any: server\"\n";
        let found = rewritten(text);
        let expected =
            "waivers:\n  - reason: >-\n      text-1\n\n    rule: X-1\n    note: \"text-2\"\n";
        assert_eq!(found.replace("rule: name-1", "rule: X-1"), expected);
    }
}

//! What the reader of workbooks does not tell, from the parts of the file: text that is struck out in part, and errors of
//! newer formulas.

use std::io::{Cursor, Read, Write};

/// The texts of which a part is struck out; who reads them marks each cell with such a text. `None` when a part that speaks of
/// struck text cannot be taken apart.
pub(super) fn struck(bytes: &[u8]) -> Option<Vec<String>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut out = Vec::new();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).ok()?;
        if !part.name().is_ok_and(|name| name.to_ascii_lowercase().ends_with(".xml")) {
            continue;
        }
        let mut text = String::new();
        if part.read_to_string(&mut text).is_ok() && text.contains("strike") {
            out.extend(texts(&text)?);
        }
    }
    Some(out)
}

/// The texts with a run that is struck out, in the XML of one part.
fn texts(xml: &str) -> Option<Vec<String>> {
    let document = roxmltree::Document::parse(xml).ok()?;
    let strings =
        document.descendants().filter(|node| matches!(node.tag_name().name(), "si" | "is"));
    Some(strings.filter(is_struck).map(|node| text_of(&node)).collect())
}

type Node<'a, 'i> = roxmltree::Node<'a, 'i>;

fn is_struck(string: &Node<'_, '_>) -> bool {
    let on = |node: Node<'_, '_>| !matches!(node.attribute("val"), Some("0" | "false" | "off"));
    string.descendants().any(|node| node.tag_name().name() == "strike" && on(node))
}

/// All runs together, without the readings (furigana) beside them, as the reader of the workbook puts them together.
fn text_of(string: &Node<'_, '_>) -> String {
    let reading =
        |node: &Node<'_, '_>| node.ancestors().any(|above| above.tag_name().name() == "rPh");
    let mut out = String::new();
    for node in string.descendants().filter(|node| node.tag_name().name() == "t" && !reading(node))
    {
        let text: String = node.children().filter_map(|child| child.text()).collect();
        let kept =
            node.attribute(("http://www.w3.org/XML/1998/namespace", "space")) == Some("preserve");
        out.push_str(if kept { &text } else { text.trim_matches([' ', '\t', '\r', '\n']) });
    }
    out
}

/// The workbook with `#N/A` in place of each error value that the reader does not know (`#SPILL!`, `#CALC!`); `None` when it
/// cannot be written.
pub(super) fn known_errors(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).ok()?;
        let name = part.name().ok()?.to_string();
        if !name.starts_with("xl/worksheets/") || !name.ends_with(".xml") {
            out.raw_copy_file(part).ok()?;
            continue;
        }
        let mut text = String::new();
        part.read_to_string(&mut text).ok()?;
        let plain = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        out.start_file(name, plain).ok()?;
        out.write_all(with_known_errors(&text).as_bytes()).ok()?;
    }
    Some(out.finish().ok()?.into_inner())
}

/// Every cell of the type of errors says `#N/A`.
fn with_known_errors(xml: &str) -> String {
    let mut out = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some((before, after)) = rest.split_once("<v>#") {
        out.push_str(before);
        let cell = before.rfind("<c ").and_then(|at| before.get(at..)).unwrap_or("");
        let tag = cell.split('>').next().unwrap_or("");
        let error = tag.contains("t=\"e\"") || tag.contains("t='e'");
        match after.split_once("</v>").filter(|_| error) {
            Some((_, tail)) => {
                out.push_str("<v>#N/A</v>");
                rest = tail;
            }
            None => {
                out.push_str("<v>#");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

//! `ip -j addr`, `ip -j route` and `ip -j rule`: every object as the lines that the command prints without `-j`.

use crate::formats::json::{self, Value};
use crate::formats::lines::{ConfigLine, LineWords, Word};
use crate::source::{FileId, Span};

/// How much of a file detection looks at, in bytes.
const DETECT_BYTES: usize = 4000;

/// A line that was made of an object.
#[derive(Clone, Debug)]
pub(crate) struct MadeLine {
    text: String,
    indent: usize,
    span: Span,
}

impl MadeLine {
    /// The line; all its words stand where the object stands.
    pub(crate) fn line(&self) -> ConfigLine<'_> {
        let words = self.text.split_ascii_whitespace();
        let words = words.map(|text| Word { text, span: self.span }).collect();
        ConfigLine {
            indent: self.indent,
            words: LineWords::Own(words),
            span: self.span,
            text: &self.text,
        }
    }
}

/// Whether the text is what `ip -j` prints of interfaces, routes or rules.
pub(crate) fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    if !text.starts_with('[') {
        return false;
    }
    let mut end = text.len().min(DETECT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let start: String =
        text.get(..end).unwrap_or("").chars().filter(|c| !c.is_whitespace()).collect();
    ["\"ifname\":", "\"dst\":", "\"priority\":"].iter().any(|key| start.contains(key))
        && start.trim_start_matches('[').starts_with('{')
}

/// The lines of all objects, and where the text is broken when it is.
pub(crate) fn objects(file: FileId, text: &str) -> (Vec<MadeLine>, Option<Span>) {
    let (value, end) = json::read(file, text);
    let (Ok(stop) | Err(stop)) = end;
    let cut = end.is_err() || text.get(stop..).is_some_and(|rest| !rest.trim().is_empty());
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let broken = cut.then(|| Span {
        file,
        start: number(stop.min(text.len().saturating_sub(1))),
        end: number(text.len()),
    });
    let mut out = Vec::new();
    for object in value.iter().flat_map(Value::items) {
        if object.get("ifname").is_some() {
            interface(object, &mut out);
        } else if object.get("priority").is_some() {
            rule(object, &mut out);
        } else if object.get("dst").is_some() {
            route(object, &mut out);
        } else if !object.members().is_empty() {
            out.push(MadeLine { text: "?".to_owned(), indent: 0, span: object.span });
        }
    }
    (out, broken)
}

fn word<'v>(value: &'v Value, key: &str) -> &'v str {
    // A value with blanks would be several words.
    value.text(key).filter(|word| !word.contains(char::is_whitespace)).unwrap_or("?")
}

/// Adds `keyword value` when the object has the member.
fn option(line: &mut String, object: &Value, key: &str, keyword: &str) {
    if object.get(key).is_some() {
        *line += &format!(" {keyword} {}", word(object, key));
    }
}

fn flags(object: &Value) -> Vec<&str> {
    object.get("flags").map_or(&[][..], Value::items).iter().filter_map(Value::word).collect()
}

fn interface(object: &Value, out: &mut Vec<MadeLine>) {
    let span = object.span;
    let mut head = format!(
        "{}: {}: <{}>",
        object.text("ifindex").unwrap_or("0"),
        word(object, "ifname"),
        if object.get("flags").is_some() { flags(object).join(",") } else { "UP".to_owned() }
    );
    option(&mut head, object, "master", "master");
    if object.get("link_type").is_some() {
        head += &format!(" link/{}", word(object, "link_type"));
    }
    out.push(MadeLine { text: head, indent: 0, span });
    let kind = object.get("linkinfo").and_then(|info| info.text("info_kind"));
    if kind == Some("vrf") {
        out.push(MadeLine { text: "vrf".to_owned(), indent: 4, span });
    }
    for own in object.get("addr_info").map_or(&[][..], Value::items) {
        // A list that is filtered holds empty objects.
        if own.members().is_empty() {
            continue;
        }
        let (family, local, len) =
            (word(own, "family"), word(own, "local"), word(own, "prefixlen"));
        let text = match own.text("address") {
            Some(peer) => format!("{family} {local} peer {peer}/{len}"),
            None => format!("{family} {local}/{len}"),
        };
        out.push(MadeLine { text, indent: 4, span: own.span });
    }
}

/// Members of a route that do not change where packets go, or are read where they stand.
const ROUTE: &[&str] = &[
    "type", "dst", "from", "tos", "via", "gateway", "dev", "protocol", "metric", "table", "flags",
    "nexthops", "scope", "prefsrc", "pref", "metrics", "expires", "error", "nhid", "encap",
    "weight", "uid", "cache", "used", "age", "users",
];

fn route(object: &Value, out: &mut Vec<MadeLine>) {
    let mut line = match object.text("type") {
        None | Some("unicast") => String::new(),
        Some(kind) => format!("{kind} "),
    };
    line += word(object, "dst");
    option(&mut line, object, "from", "from");
    option(&mut line, object, "tos", "tos");
    way(&mut line, object);
    option(&mut line, object, "nhid", "nhid");
    option(&mut line, object, "protocol", "proto");
    option(&mut line, object, "metric", "metric");
    option(&mut line, object, "table", "table");
    option(&mut line, object, "pref", "pref");
    let unread = object.members().iter().filter(|(key, _)| !ROUTE.contains(&key.as_str()));
    for _ in unread {
        line += " ?";
    }
    if object.get("encap").is_some() {
        line += " encap";
    }
    out.push(MadeLine { text: line, indent: 0, span: object.span });
    for hop in object.get("nexthops").map_or(&[][..], Value::items) {
        let mut line = "nexthop".to_owned();
        way(&mut line, hop);
        if hop.get("encap").is_some() {
            line += " encap";
        }
        out.push(MadeLine { text: line, indent: 1, span: hop.span });
    }
}

fn way(line: &mut String, object: &Value) {
    option(line, object, "gateway", "via");
    if let Some(via) = object.get("via") {
        option(line, via, "host", "via");
    }
    option(line, object, "dev", "dev");
    for flag in flags(object) {
        *line += &format!(" {flag}");
    }
}

fn rule(object: &Value, out: &mut Vec<MadeLine>) {
    let mut line = format!("{}:", word(object, "priority"));
    if object.get("not").is_some() {
        line += " not";
    }
    for (key, keyword, len) in [("src", "from", "srclen"), ("dst", "to", "dstlen")] {
        option(&mut line, object, key, keyword);
        if let Some(len) = object.text(len) {
            line += &format!("/{len}");
        }
    }
    let known =
        ["priority", "not", "src", "srclen", "dst", "dstlen", "iif", "table", "action", "l3mdev"];
    option(&mut line, object, "iif", "iif");
    // Every other condition narrows the rule; without it the rule is read wider.
    if object.members().iter().any(|(key, _)| !known.contains(&key.as_str())) {
        line += " ?";
    }
    if object.get("l3mdev").is_some() {
        line += " lookup [l3mdev-table]";
    }
    option(&mut line, object, "table", "lookup");
    if object.get("action").is_some() {
        line += &format!(" {}", word(object, "action"));
    }
    out.push(MadeLine { text: line, indent: 0, span: object.span });
}

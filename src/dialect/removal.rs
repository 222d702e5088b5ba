//! How a line is taken away.

/// A line of a configuration as its device knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'e> {
    /// Its first line, without indentation.
    pub(super) text: &'e str,
    /// The lines of the blocks that it stands in, outermost first, without indentation.
    pub(super) blocks: &'e [String],
}

/// The commands that take a line away on a device of this format; empty when none are known.
#[must_use]
pub(super) fn removal(format: &str, entry: Entry<'_>) -> Vec<String> {
    match format {
        "fortios" => fortios(entry),
        "asa" | "nec-ix" => vec![format!("no {}", entry.text)],
        "ios" | "alaxala" | "awplus" => listed(entry),
        "yamaha" => yamaha(entry),
        "junos" | "panos" => deleted(entry),
        "iptables" => rule(entry),
        _ => Vec::new(),
    }
}

/// `config firewall policy`, `delete 4`, `end`, inside the blocks of a virtual domain.
fn fortios(entry: Entry<'_>) -> Vec<String> {
    let Some(name) = entry.text.strip_prefix("edit ") else { return Vec::new() };
    let mut out: Vec<String> = entry.blocks.to_vec();
    out.push(format!("delete {}", name.trim()));
    let open = entry.blocks.iter().filter(|block| block.starts_with("config "));
    out.extend(open.map(|_| "end".to_owned()));
    out
}

/// A line of a list, by its number where it has one. `no access-list 101 …` would take the whole list away.
fn listed(entry: Entry<'_>) -> Vec<String> {
    let mut words = entry.text.splitn(3, ' ');
    if let (Some("access-list"), Some(list), Some(rest)) =
        (words.next(), words.next(), words.next())
    {
        let kind = list.parse::<u32>().map_or("extended", |number| match number {
            1..=99 | 1300..=1999 => "standard",
            _ => "extended",
        });
        return vec![format!("ip access-list {kind} {list}"), format!("no {rest}")];
    }
    let Some(list) = entry.blocks.last() else { return Vec::new() };
    let first = entry.text.split(' ').next().unwrap_or_default();
    let named = if first.parse::<u32>().is_ok() { first } else { entry.text };
    vec![list.clone(), format!("no {named}")]
}

/// `no ip filter 301020`; its number also stands in `secure filter` of an interface.
fn yamaha(entry: Entry<'_>) -> Vec<String> {
    let words: Vec<&str> = entry.text.split(' ').take(3).collect();
    match words.as_slice() {
        ["ip" | "ipv6", "filter", _] => vec![format!("no {}", words.join(" "))],
        _ => Vec::new(),
    }
}

/// Of an export in `set` form: everything below the name of the rule, or of the object.
fn deleted(entry: Entry<'_>) -> Vec<String> {
    let whole = whole(entry.text).or_else(|| object(entry.text));
    whole.map(|whole| format!("delete {whole}")).into_iter().collect()
}

/// What all lines of a PAN-OS object begin with, without `set`.
fn object(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("set ")?;
    let kinds = ["address ", "address-group ", "service ", "service-group "];
    let kind = kinds.iter().find(|kind| rest.starts_with(*kind))?;
    let name = rest.get(kind.len()..)?;
    let end = match name.strip_prefix('"') {
        Some(quoted) => quoted.find('"')? + 2,
        None => name.find(' ')?,
    };
    rest.get(..kind.len() + end)
}

/// What all lines of a rule in `set` form begin with, without `set`; `None` of any other line.
#[must_use]
pub(super) fn whole(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("set ")?;
    let at = [" policy ", " rules ", " term "]
        .iter()
        .filter_map(|word| Some(rest.rfind(word)? + word.len()));
    let at = at.min()?;
    let name = rest.get(at..)?;
    let end = match name.strip_prefix('"') {
        Some(quoted) => quoted.find('"')? + 2,
        None => name.find(' ').unwrap_or(name.len()),
    };
    rest.get(..at + end)
}

/// `-A FORWARD …` becomes `iptables -D FORWARD …`.
fn rule(entry: Entry<'_>) -> Vec<String> {
    let rest = entry.text.strip_prefix("-A ");
    rest.map(|rest| format!("iptables -D {rest}")).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(format: &str, blocks: &[&str], text: &str) -> Vec<String> {
        let blocks: Vec<String> = blocks.iter().map(|block| (*block).to_owned()).collect();
        removal(format, Entry { text, blocks: &blocks })
    }

    #[test]
    fn each_vendor_takes_a_line_away_in_its_own_words() {
        let cases: &[(&str, &[&str], &str, &[&str])] = &[
            (
                "fortios",
                &["config firewall policy"],
                "edit 4",
                &["config firewall policy", "delete 4", "end"],
            ),
            (
                "fortios",
                &["config vdom", "edit root", "config firewall policy"],
                "edit 4",
                &["config vdom", "edit root", "config firewall policy", "delete 4", "end", "end"],
            ),
            (
                "asa",
                &[],
                "access-list A extended permit ip any any",
                &["no access-list A extended permit ip any any"],
            ),
            (
                "ios",
                &["ip access-list extended X"],
                "permit ip any any",
                &["ip access-list extended X", "no permit ip any any"],
            ),
            (
                "ios",
                &["ip access-list extended X"],
                "10 permit ip any any",
                &["ip access-list extended X", "no 10"],
            ),
            (
                "ios",
                &[],
                "access-list 101 permit ip any any",
                &["ip access-list extended 101", "no permit ip any any"],
            ),
            (
                "ios",
                &[],
                "access-list 10 permit any",
                &["ip access-list standard 10", "no permit any"],
            ),
            ("yamaha", &[], "ip filter 301020 pass * *", &["no ip filter 301020"]),
            (
                "junos",
                &[],
                "set security policies from-zone a to-zone b policy p match source-address x",
                &["delete security policies from-zone a to-zone b policy p"],
            ),
            (
                "panos",
                &[],
                "set rulebase security rules \"A B\" to any",
                &["delete rulebase security rules \"A B\""],
            ),
            (
                "panos",
                &[],
                "set address \"A B\" ip-netmask 10.0.0.0/8",
                &["delete address \"A B\""],
            ),
            ("iptables", &[], "-A FORWARD -j ACCEPT", &["iptables -D FORWARD -j ACCEPT"]),
            ("table", &[], "10,any,any", &[]),
        ];
        for (format, blocks, text, wanted) in cases {
            assert_eq!(typed(format, blocks, text), *wanted, "{format} {text}");
        }
    }
}

//! Commands as somebody typed them at a prompt, between what they print.

/// What a typed command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// It prints something, or leaves the shell.
    Shows,
    /// It may change what the output shows, or is not known to change nothing.
    Changes,
}

/// Words behind an object of `ip` that only print.
const SHOWS: &[&str] = &["show", "list", "lst", "ls", "l", "sh", "s", "get", "save", "help"];

/// Words behind an object of `ip` that surely change it.
const CHANGES: &[&str] = &[
    "add", "a", "append", "change", "chg", "del", "delete", "d", "flush", "prepend", "replace",
    "restore", "set",
];

/// What the line does when it is a command, perhaps with its prompt; `None` when it is none that matters here.
pub(crate) fn typed(line: &str) -> Option<Typed> {
    let starts = line.match_indices(['#', '$']).map(|(at, sign)| at + sign.len());
    let mut from = std::iter::once(0).chain(starts);
    let text = from.find_map(|at| line.get(at..).filter(|text| one(first(text)).is_some()))?;
    let parts: Vec<Option<Typed>> = text.split([';', '&', '|']).map(one).collect();
    let changes = parts.contains(&Some(Typed::Changes));
    Some(if changes { Typed::Changes } else { Typed::Shows })
}

/// Whether the line is a command that surely changes something, also behind the sign of a comment: at the prompt of the
/// administrator a command looks like one.
pub(crate) fn changes(line: &str) -> bool {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    typed(line) == Some(Typed::Changes) && words.iter().any(|word| CHANGES.contains(word))
}

fn first(text: &str) -> &str {
    text.split([';', '&', '|']).next().unwrap_or(text)
}

/// One command.
fn one(text: &str) -> Option<Typed> {
    let mut words = text.split_ascii_whitespace();
    let mut word = words.next()?;
    if word == "sudo" {
        word = words.next()?;
    }
    let name = word.rsplit('/').next().unwrap_or(word);
    let rest: Vec<&str> = words.collect();
    match (name, rest.as_slice()) {
        ("ip", rest) => Some(ip(rest)),
        ("iptables-save" | "ip6tables-save", _) => Some(Typed::Shows),
        ("ipset", ["save" | "list" | "-L" | "-S", ..]) => Some(Typed::Shows),
        ("nft", rest) if rest.contains(&"list") => Some(Typed::Shows),
        ("exit" | "logout", []) => Some(Typed::Shows),
        _ => None,
    }
}

/// The words behind `ip`: options, an object, and what to do with it.
fn ip(words: &[&str]) -> Typed {
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        if matches!(word, "-f" | "-family" | "-n" | "-netns" | "-l" | "-loops" | "-rcvbuf") {
            words.next();
        } else if !word.starts_with('-') {
            return match words.next() {
                None => Typed::Shows,
                Some(verb) if SHOWS.contains(&verb) => Typed::Shows,
                Some(_) => Typed::Changes,
            };
        }
    }
    Typed::Shows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_prints_is_harmless() {
        for shows in [
            "root@gw:~# ip addr",
            "[admin@gw ~]$ sudo ip -4 route show table all",
            "$ /sbin/ip -n blue rule list",
            "# ip -6 route | tee route.txt",
            "ip -br a; ip r",
            "root@gw:~# iptables-save > rules.v4",
            "gw# exit",
        ] {
            assert_eq!(typed(shows), Some(Typed::Shows), "{shows}");
            assert!(!changes(shows), "{shows}");
        }
        for alters in [
            "root@gw:~# ip route add 192.0.2.0/24 via 198.51.100.1",
            "# ip rule add fwmark 1 lookup 100",
            "ip -4 route replace default via 198.51.100.1",
            "ip addr; ip link set eth1 up",
        ] {
            assert_eq!(typed(alters), Some(Typed::Changes), "{alters}");
            assert!(changes(alters), "{alters}");
        }
        for other in [
            "# Completed on Thu Apr  2",
            "# the ip of the host",
            "default via 198.51.100.1 dev eth0",
        ] {
            assert_eq!(typed(other), None, "{other}");
        }
        assert!(!changes("# ip rule of the host"), "a heading");
    }
}

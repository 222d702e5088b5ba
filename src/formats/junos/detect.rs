//! How sure the reader is that a text is a Junos configuration.

/// How far detection looks, in lines.
const LINES: usize = 4000;

/// Beginnings of lines, without indentation, that no Junos configuration has.
const FOREIGN: &[&str] = &[
    "set deviceconfig ",
    "set rulebase ",
    "set network interface ",
    "set interfaces ethernet eth",
    "set firewall name ",
    "set zone ",
    "set interface ",
    "ethernet eth",
    "config system ",
    "config firewall ",
    "config vdom",
    "ASA Version",
    "!! IOS XR",
    "<?xml",
    "*filter",
    "#!/usr/sbin/nft",
];

/// Beginnings of set commands, with what they are worth; one row counts once.
const SET: &[(&[&str], u8)] = &[
    (&["set security zones ", "set security policies ", "set security nat "], 60),
    (&["set security address-book ", "set security ike ", "set security screen "], 25),
    (
        &[
            "set interfaces ge-",
            "set interfaces xe-",
            "set interfaces et-",
            "set interfaces fe-",
            "set interfaces reth",
            "set interfaces ae",
            "set interfaces irb ",
            "set interfaces st0 ",
            "set interfaces lo0 ",
            "set interfaces fxp0 ",
            "set interfaces vlan unit",
        ],
        55,
    ),
    (&["set routing-options ", "set routing-instances "], 30),
    (&["set firewall family inet", "set firewall filter "], 30),
    (&["set policy-options ", "set applications application"], 30),
    (&["set version ", "set system root-authentication", "set system services "], 15),
    (&["set groups ", "set chassis cluster ", "set apply-groups "], 15),
    (&["deactivate security ", "deactivate interfaces "], 15),
];

/// Beginnings of lines in braces.
const CURLY: &[(&[&str], u8)] = &[
    (&["security-zone ", "from-zone "], 45),
    (&["family inet {", "family inet6 {", "family ethernet-switching"], 30),
    (&["unit 0 {", "irb {", "st0 {", "lo0 {", "fxp0 {", "reth0 {"], 25),
    (&["ge-0/", "xe-0/", "fe-0/", "et-0/", "ge-1/"], 25),
    (&["host-inbound-traffic {", "routing-options {", "routing-instances {"], 25),
    (&["## Last c", "inactive: ", "root-authentication {", "apply-groups "], 15),
    (&["security {", "interfaces {", "policy-options {", "address-book "], 15),
];

/// The sum over the rows that the text holds, at most 95.
pub(super) fn detect(text: &str) -> u8 {
    let mut score = 0u8;
    let mut seen = vec![false; SET.len() + CURLY.len()];
    let mut braces = false;
    for raw in text.lines().take(LINES) {
        let line = raw.trim();
        if FOREIGN.iter().any(|mark| line.starts_with(mark)) {
            return 0;
        }
        braces |= line.ends_with('{');
        let sets = line.starts_with("set ") || line.starts_with("deactivate ");
        let (rows, offset) = if sets { (SET, 0) } else { (CURLY, SET.len()) };
        for (at, (marks, worth)) in rows.iter().enumerate() {
            let Some(slot) = seen.get_mut(at + offset) else { continue };
            if !*slot && marks.iter().any(|mark| line.starts_with(mark)) {
                *slot = true;
                score = score.saturating_add(*worth);
            }
        }
    }
    let curly = seen.iter().skip(SET.len()).any(|slot| *slot);
    let set = seen.iter().take(SET.len()).any(|slot| *slot);
    if curly && !set && !braces { 0 } else { score.min(95) }
}

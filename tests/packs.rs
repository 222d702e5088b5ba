//! The shipped packs: each can be used, says nothing twice, and leaves no pair of areas unspoken of.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its inputs itself"
)]

use sekisho::finding::{Finding, Kind, Verdict};
use sekisho::policy::{self, SHIPPED};
use sekisho::scan::{self, Files, InputError, Options, Scan};
use std::collections::{BTreeMap, BTreeSet};

/// One router without any filter, with an interface in a zone of each role.
fn flat(roles: &[&str], policy: &str) -> Result<Scan, Vec<InputError>> {
    router(roles, policy, "")
}

/// One router with an interface in a zone of each role, and `more` at every interface.
fn router(roles: &[&str], policy: &str, more: &str) -> Result<Scan, Vec<InputError>> {
    let mut config = String::from("hostname flat\nip routing\naccess-list 100 deny ip any any\n");
    let mut topology = String::from("version: 1\nname: flat\nzones:\n");
    for (number, role) in roles.iter().enumerate() {
        config.push_str(&format!(
            "interface GigabitEthernet0/{number}\n ip address 10.0.{number}.1 255.255.255.0\n{more} no shutdown\n!\n"
        ));
        topology.push_str(&format!(
            "  z-{role}: {{ networks: [10.0.{number}.0/24], roles: [{role}] }}\n"
        ));
    }
    config.push_str("end\n");
    topology.push_str("devices:\n  flat: { config: flat.cfg }\n");
    let entries = vec![
        ("flat.cfg".to_owned(), config.into_bytes()),
        ("policy.yaml".to_owned(), policy.as_bytes().to_vec()),
        ("topology.yaml".to_owned(), topology.into_bytes()),
    ];
    scan::scan(Files { name: "flat".to_owned(), entries }, &Options::default())
}

fn said(errors: Vec<InputError>) -> Vec<String> {
    errors.into_iter().map(|error| error.message.en).collect()
}

/// Roles of areas of which the municipal models speak.
const AREAS: [&str; 24] = [
    "mn",
    "lg",
    "in",
    "vdi",
    "sanitizer",
    "dmz",
    "lgwan",
    "security-cloud",
    "internet",
    "juki",
    "gov-cloud",
    "gov-cloud-staging",
    "gov-cloud-ops",
    "other-organisation",
    "maintenance",
    "remote",
    "public-wifi",
    "special",
    "mfp",
    "dev",
    "management",
    "shared",
    "saas",
    "school",
];

/// What belongs to others: among themselves they may do what they like.
const OUTSIDE: [&str; 10] = [
    "lgwan",
    "security-cloud",
    "internet",
    "juki",
    "gov-cloud",
    "gov-cloud-staging",
    "gov-cloud-ops",
    "other-organisation",
    "maintenance",
    "saas",
];

/// Pairs that stay open on purpose: one area by two names, and networks with an exit of their own.
const OPEN: [(&str, &str); 13] = [
    ("in", "vdi"),
    ("vdi", "in"),
    ("security-cloud", "school"),
    ("internet", "public-wifi"),
    ("internet", "school"),
    ("public-wifi", "internet"),
    ("saas", "public-wifi"),
    ("saas", "school"),
    ("management", "security-cloud"),
    ("public-wifi", "saas"),
    ("school", "security-cloud"),
    ("school", "internet"),
    ("school", "saas"),
];

#[test]
fn every_pack_can_be_used() {
    for shipped in SHIPPED {
        let pack =
            policy::shipped_pack(shipped).unwrap_or_else(|| panic!("{} is broken", shipped.id));
        assert_eq!(pack.id, shipped.id);
        assert!(!pack.label.ja.is_empty() && !pack.about.ja.is_empty(), "{}", shipped.id);
        let mut roles = Vec::new();
        let mut open = vec![shipped.id.to_owned()];
        while let Some(name) = open.pop() {
            let pack = policy::shipped_pack(policy::shipped(&name).unwrap()).unwrap();
            roles.extend(pack.roles.into_iter().map(|role| role.id));
            open.extend(pack.extends.into_iter().map(|parent| parent.value));
        }
        let mut text = format!("version: 1\npacks: [{{ use: {} }}]\n", shipped.id);
        if roles.is_empty() {
            roles.push("in".to_owned());
            text.push_str("rules: [{ id: R, deny: { from: role:in, to: '*' } }]\n");
        }
        roles.sort();
        roles.dedup();
        let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
        let scan = router(&roles, &text, " ip access-group 100 in\n").map_err(said).unwrap();
        assert!(scan.verdicts.len() + scan.not_applicable.len() > 1, "{}", shipped.id);
        for verdict in &scan.verdicts {
            assert!(!verdict.summary.ja.is_empty(), "{} has no title", verdict.rule);
        }
    }
}

#[test]
fn a_rule_has_clause_class_and_known_requirements() {
    let known: BTreeSet<String> = policy::requirements().into_iter().map(|row| row.id).collect();
    for shipped in SHIPPED {
        for rule in policy::shipped_pack(shipped).unwrap().rules {
            let name = format!("{}/{}", shipped.id, rule.id);
            let basis = rule.basis.as_ref().unwrap_or_else(|| panic!("{name} has no basis"));
            assert!(basis.class.is_some(), "{name} has no class");
            assert!(
                basis.quote.is_some()
                    || basis.unverified
                    || basis.clause.is_empty()
                    || !basis.document.is_empty()
            );
            assert!(rule.title.is_some(), "{name} has no title");
            for id in &rule.requirements {
                assert!(known.contains(id), "{name}: {id}");
            }
        }
    }
}

#[test]
fn requirements_name_rules_and_checks_that_exist() {
    let mut known: BTreeSet<String> =
        sekisho::finding::catalogue::entries().iter().map(|entry| entry.id.to_owned()).collect();
    for shipped in SHIPPED {
        known.extend(policy::shipped_pack(shipped).unwrap().rules.into_iter().map(|rule| rule.id));
    }
    known.extend(["baseline".to_owned()]);
    for row in policy::requirements() {
        for word in &row.by {
            assert!(known.contains(word), "{}: `{word}` is no rule and no check", row.id);
        }
    }
}

/// Every ordered pair that is forbidden, with the rules that say so.
fn forbidden(scan: &Scan) -> BTreeMap<(String, String), Vec<String>> {
    let mut pairs: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let about_paths = |finding: &&Finding| {
        matches!(finding.kind, Kind::ForbiddenPath | Kind::RoutingBypass)
            && finding.verdict == Verdict::Violated
    };
    for finding in scan.findings.iter().filter(about_paths) {
        let own = (finding.from.clone().unwrap(), finding.to.clone().unwrap());
        for (from, to) in std::iter::once(own).chain(finding.also.clone()) {
            pairs.entry((from, to)).or_default().push(finding.rule.clone());
        }
    }
    pairs
}

#[test]
fn alpha_speaks_of_every_pair_of_areas_once() {
    for pack in ["alpha", "oguchi-r8"] {
        let scan = flat(&AREAS, &format!("version: 1\npacks: [{{ use: {pack} }}]\n"))
            .map_err(said)
            .unwrap();
        let pairs = forbidden(&scan);
        let (mut silent, mut twice) = (Vec::new(), Vec::new());
        for from in AREAS {
            for to in AREAS {
                let outside = OUTSIDE.contains(&from) && OUTSIDE.contains(&to);
                if from == to || outside || OPEN.contains(&(from, to)) {
                    continue;
                }
                let rules = pairs.get(&(format!("z-{from}"), format!("z-{to}")));
                match rules.map(|rules| rules.iter().collect::<BTreeSet<_>>()) {
                    None => silent.push(format!("{from} -> {to}")),
                    Some(rules) if rules.len() > 1 => {
                        twice.push(format!("{from} -> {to}: {rules:?}"))
                    }
                    Some(_) => {}
                }
            }
        }
        assert!(
            silent.is_empty() && twice.is_empty(),
            "{pack}: silent {silent:#?}\ntwice {twice:#?}"
        );
    }
}

#[test]
fn a_destination_is_known_by_its_domain_whatever_the_object_is_called() {
    let config = "config system interface\n    edit \"a\"\n        set vdom \"root\"\n        set ip 10.0.0.1 255.255.255.0\n    next\n    edit \"b\"\n        set vdom \"root\"\n        set ip 192.0.2.1 255.255.255.0\n    next\nend\nconfig firewall address\n    edit \"TRIAL\"\n        set type fqdn\n        set fqdn \"api.openai.com\"\n    next\nend\nconfig firewall policy\n    edit 1\n        set srcintf \"a\"\n        set dstintf \"b\"\n        set action accept\n        set srcaddr \"all\"\n        set dstaddr \"TRIAL\"\n        set schedule \"always\"\n        set service \"HTTPS\"\n    next\nend\nconfig router static\n    edit 1\n        set gateway 192.0.2.254\n        set device \"b\"\n    next\nend\n";
    let topology = |resolve: &str| {
        format!(
            "version: 1\nzones:\n  lg: {{ networks: [10.0.0.0/24] }}\n  internet: {{ external: true }}\ndevices: {{ fw: {{ config: fw.conf }} }}\nattach: [{{ zone: internet, at: 'fw:b' }}]\n{resolve}"
        )
    };
    let policy = "version: 1\ncategories: { ai: { names: ['*.openai.com'] } }\nrules: [{ id: R, destinations: { from: lg, forbid: [ai] } }]\n";
    for resolve in ["", "resolve: { fqdn: { api.openai.com: [198.51.100.0/24] } }\n"] {
        let entries = vec![
            ("fw.conf".to_owned(), config.as_bytes().to_vec()),
            ("policy.yaml".to_owned(), policy.as_bytes().to_vec()),
            ("topology.yaml".to_owned(), topology(resolve).into_bytes()),
        ];
        let scan = scan::scan(Files { name: "a".to_owned(), entries }, &Options::default());
        let scan = scan.map_err(said).unwrap();
        assert_eq!(scan.verdicts[0].verdict, Verdict::Violated, "{resolve}");
    }
}

#[test]
fn a_fact_declared_as_false_satisfies_nothing() {
    let with = |value: &str| {
        let policy = format!(
            "version: 1\npacks: [{{ use: beta }}]\nfacts: [{{ of: organisation, fact: external-audit, value: {value} }}]\n"
        );
        let scan = router(&["mn", "lg", "in", "in-terminal"], &policy, " ip access-group 100 in\n");
        let rows = scan::self_check(&scan.map_err(said).unwrap());
        let about = |row: &&scan::SelfCheckRow| {
            row.requirement.facts.iter().any(|fact| fact == "external-audit")
        };
        rows.iter().find(about).map(|row| row.outcome).unwrap()
    };
    assert_eq!(with("false"), scan::Outcome::NotSatisfied);
    assert_ne!(with("true"), scan::Outcome::NotSatisfied);
}

#[test]
fn a_zone_that_is_two_areas_at_once_is_an_error() {
    let entries = vec![
        ("a.cfg".to_owned(), b"hostname a\ninterface Vlan1\n ip address 10.0.0.1 255.255.255.0\nend\n".to_vec()),
        ("policy.yaml".to_owned(), b"version: 1\npacks: [{ use: alpha }]\n".to_vec()),
        (
            "topology.yaml".to_owned(),
            b"version: 1\nzones:\n  a: { networks: [10.0.0.0/24], roles: [mn, lg, mn-terminal] }\n  b: { networks: [10.0.1.0/24], roles: [in, vdi] }\ndevices:\n  a: { config: a.cfg }\n"
                .to_vec(),
        ),
    ];
    let errors = scan::scan(Files { name: "a".to_owned(), entries }, &Options::default());
    let errors = said(errors.unwrap_err());
    assert_eq!(errors, ["the zone `a` has both roles `mn` and `lg`, which are to be apart"]);
}

#[test]
fn a_zone_without_a_role_is_an_error() {
    let policy = "version: 1\npacks: [{ use: common-hygiene }]\nrules: [{ id: R, deny: { from: role:in, to: '*' } }]\n";
    let entries = vec![
        ("a.cfg".to_owned(), b"hostname a\ninterface Vlan1\n ip address 10.0.0.1 255.255.255.0\nend\n".to_vec()),
        ("policy.yaml".to_owned(), policy.as_bytes().to_vec()),
        (
            "topology.yaml".to_owned(),
            b"version: 1\nzones:\n  a: { networks: [10.0.0.0/24] }\n  b: { networks: [10.0.1.0/24], roles: [in, inn] }\ndevices:\n  a: { config: a.cfg }\n"
                .to_vec(),
        ),
    ];
    let errors =
        scan::scan(Files { name: "a".to_owned(), entries }, &Options::default()).unwrap_err();
    let lines: Vec<(Option<u32>, String)> =
        errors.into_iter().map(|error| (error.line, error.message.en)).collect();
    assert!(
        lines.iter().any(|(line, text)| *line == Some(3) && text.contains("has no role")),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|(line, text)| *line == Some(4) && text.contains("`inn`")),
        "{lines:?}"
    );
}

/// Every file below `dir` with this name.
fn named(dir: &std::path::Path, name: &str, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named(&path, name, found);
        } else if path.file_name().is_some_and(|file| file == name) {
            found.push(path);
        }
    }
}

#[test]
fn the_schema_knows_every_policy_of_the_worlds() {
    let schema = policy::schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let mut files = Vec::new();
    named(&root, "policy.yaml", &mut files);
    assert!(files.len() > 30, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let value: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
    }
}

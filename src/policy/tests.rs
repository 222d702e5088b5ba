use super::*;
use crate::source::{Problem, Sources};

fn read_text(text: &str) -> (Sources, Result<Policy, Vec<Problem>>) {
    let mut sources = Sources::default();
    let id = sources.add("policy.yaml", text.as_bytes()).unwrap();
    let result = read(id, sources.file(id));
    (sources, result)
}

/// Line, message and way out of every problem, in English.
fn problems(text: &str) -> Vec<(u32, String, String)> {
    let (sources, result) = read_text(text);
    let list = result.unwrap_err();
    list.iter()
        .map(|p| {
            (sources.line(p.span), p.message.en.clone(), p.help.clone().unwrap_or_default().en)
        })
        .collect()
}

fn only(text: &str) -> (u32, String, String) {
    let list = problems(text);
    assert_eq!(list.len(), 1, "{list:?}");
    list.first().cloned().unwrap()
}

const FULL: &str = "\
version: 1
rules:
  - id: X-PI-01
    deny: { from: dmz, to: [pi, self:core-sw, \"self:*\"], service: [tcp/443, tcp/8000-8100, udp/dns] }
    except:
      - { from: dmz.web1, to: pi.fs1, service: esp }
    stepping-stones: true
    enforce-at: [ext-fw, int-fw]
    severity: critical
    basis: { document: 設計書, clause: 3.10 }
  - id: X-REQ-03
    require: { from: [komu, role:admin, 10.0.0.0/8], to: \"*\", service: [icmp/8, proto/50, icmp] }
  - id: X-PI-02
    deny: { from: dmz, to: pi, service: any, both-ways: true }
waivers:
  - { rule: X-PI-01, from: dmz, to: pi, service: tcp/22, reason: 移行作業, requested-by: 甲, approved-by: 乙,
      document: 決裁第1号, decided: 2026-04-01, review: 1969-12-31, until: 1970-01-02 }
";

#[test]
fn every_key_is_read() {
    let (sources, policy) = read_text(FULL);
    let policy = policy.unwrap();
    let rule = policy.rules.first().unwrap();
    assert_eq!(rule.verb, Verb::Deny { both_ways: false });
    let who: Vec<&Who> = rule.to.iter().map(|party| &party.who).collect();
    let device = Some("core-sw".to_owned());
    assert_eq!(who, [&Who::Zone("pi".to_owned()), &Who::Device(device), &Who::Device(None)]);
    let tcp = |a, b| Service { protocol: Some(6), ports: PortRange::new(a, b).unwrap() };
    let dns = Service { protocol: Some(17), ports: PortRange::single(53) };
    assert_eq!(rule.services, [tcp(443, 443), tcp(8000, 8100), dns]);
    let except = rule.except.first().unwrap();
    let web1 = Who::Host { zone: Some("dmz".to_owned()), host: "web1".to_owned() };
    assert_eq!(except.from.first().unwrap().who, web1);
    assert_eq!(sources.line(except.span), 6);
    assert!(rule.stepping_stones);
    let (name, span) = rule.enforce_at.last().unwrap();
    assert_eq!((name.as_str(), sources.line(*span)), ("int-fw", 8));
    assert_eq!(rule.severity, Severity::Critical);
    assert_eq!(rule.basis.as_ref().unwrap().clause, "3.10");
    assert_eq!(sources.line(rule.span), 3);
}

#[test]
fn requirements_services_and_dates() {
    let (_, policy) = read_text(FULL);
    let policy = policy.unwrap();
    let require = policy.rules.get(1).unwrap();
    assert_eq!((require.verb.clone(), require.severity), (Verb::Require, Severity::High));
    assert_eq!(require.to.first().unwrap().who, Who::Everyone);
    let who: Vec<Who> = require.from.iter().map(|party| party.who.clone()).collect();
    let ten = Prefix::parse("10.0.0.0/8").unwrap();
    let role = Who::Role("admin".to_owned());
    assert_eq!(who, [Who::Zone("komu".to_owned()), role, Who::Network(ten)]);
    let services: Vec<(Option<u8>, PortRange)> =
        require.services.iter().map(|s| (s.protocol, s.ports)).collect();
    let echo = (Some(1), PortRange::single(8));
    assert_eq!(services, [echo, (Some(50), PortRange::ALL), (Some(1), PortRange::ALL)]);
    let third = policy.rules.get(2).unwrap();
    assert_eq!(third.verb, Verb::Deny { both_ways: true });
    assert!(third.services.is_empty());
    let waiver = policy.waivers.first().unwrap();
    assert_eq!((waiver.decided, waiver.review, waiver.until), (Some(20544), Some(-1), Some(1)));
    assert_eq!(waiver.requested_by.as_deref(), Some("甲"));
}

#[test]
fn keys_and_verbs_are_strict() {
    let start = "version: 1\nrules:\n  - id: A\n";
    let with = |rest: &str| format!("{start}{rest}");
    let (line, message, help) =
        only(&with("    deny: { from: a, to: b }\n    steping-stones: true\n"));
    assert_eq!((line, message.as_str()), (5, "unknown key `steping-stones`"));
    assert_eq!(help, "did you mean `stepping-stones`?");
    assert_eq!(only(&with("    deny: { from: a }\n")).1, "`to` is missing");
    assert_eq!(
        only(&with("    severity: high\n")).1,
        "a rule needs a verb such as `deny` or `require`"
    );
    let both = with("    deny: { from: a, to: b }\n    require: { from: a, to: b }\n");
    assert_eq!(only(&both).0, 5);
    let enforce = with("    require: { from: a, to: b }\n    enforce-at: [x]\n");
    assert_eq!(
        (only(&enforce).0, only(&enforce).1.as_str()),
        (5, "`enforce-at` does not go with this verb")
    );
    let blank = with("    deny: { from: a, to: b, service: }\n");
    assert_eq!(only(&blank).1, "`service` has no value");
    let blank = with("    deny: { from: a, to: b }\n    except: [{ from: x, to: }]\n");
    assert_eq!(only(&blank).1, "`to` has no value");
    let both_ways = with("    require: { from: a, to: b, both-ways: false }\n");
    assert_eq!(only(&both_ways).1, "`both-ways` does not go with `require`");
    assert_eq!(only(&with("    deny: { from: [], to: b }\n")).1, "the list is empty");
    assert_eq!(only(&with("    deny: { from: a, to: b }\n    except: [{}]\n")).0, 5);
}

#[test]
fn names_and_values_are_strict() {
    let with = |deny: &str| format!("version: 1\nrules:\n  - id: A\n    deny: {{ {deny} }}\n");
    assert_eq!(only(&with("from: self:fw, to: b")).1, "`self:` cannot stand in `from`");
    assert_eq!(only(&with("from: 10.0.0.1/8, to: b")).2, "write `10.0.0.0/8`");
    assert_eq!(only(&with("from: a.b.c, to: b")).1, "`a.b.c` is not a party");
    assert_eq!(
        only(&with("from: a, to: b, service: https")).2,
        "name the protocol: `tcp/443` or `udp/443`"
    );
    assert_eq!(only(&with("from: a, to: b, service: 50")).1, "`50` is not a service");
    for bad in ["tcp/65536", "tcp/90-80", "esp/1", "icmp/256", "tcp/", "tcp/nosuch"] {
        let (line, message, _) = only(&with(&format!("from: a, to: b, service: {bad}")));
        assert_eq!((line, message), (4, format!("the port or type of `{bad}` cannot be read")));
    }
    let severity =
        "version: 1\nrules:\n  - id: A\n    deny: { from: a, to: b }\n    severity: hgih\n";
    assert_eq!(only(severity).2, "did you mean `high`?");
}

#[test]
fn duplicates_packs_versions_and_waivers() {
    let two = "version: 1\nrules:\n  - { id: A, deny: { from: a, to: b } }\n  - { id: A, deny: { from: a, to: c } }\n";
    assert_eq!((only(two).0, only(two).1.as_str()), (4, "the rule `A` is written twice"));
    let pack = only("version: 1\npacks:\n  - { use: alpha }\n  - { use: alpha }\n");
    assert_eq!((pack.0, pack.1.as_str()), (4, "the policy pack `alpha` is written twice"));
    assert_eq!(only("version: 2\n").1, "version `2` is not known; write `version: 1`");
    assert_eq!(only("rules: []\n").1, "`version` is missing");
    let waiver = |rest: &str| {
        format!(
            "version: 1\nrules:\n  - {{ id: A-1, deny: {{ from: a, to: b }} }}\nwaivers:\n  - {{ {rest} }}\n"
        )
    };
    let unknown = only(&waiver("rule: A-2, from: a, to: b, reason: r"));
    assert_eq!((unknown.0, unknown.2.as_str()), (5, "did you mean `A-1`?"));
    assert_eq!(only(&waiver("rule: A-1, from: a, to: b")).1, "`reason` is missing");
    for bad in ["2026-02-30", "26-01-01", "令和8年4月1日", "2026/04/01", "+2026-04-1"] {
        let text = waiver(&format!("rule: A-1, from: a, to: b, reason: r, until: {bad}"));
        assert_eq!(only(&text).1, format!("`{bad}` is not a date"));
    }
}

#[test]
fn many_problems_come_together_in_order() {
    let text = "version: 1\nruls: []\nrules:\n  - id: A\n    deny: { frm: a, to: b }\nwaivers: 5\n";
    let lines: Vec<u32> = problems(text).iter().map(|(line, ..)| *line).collect();
    assert_eq!(lines, [2, 5, 5, 6]);
}

#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let schema = schema();
    jsonschema::meta::validate(&schema).unwrap();
    let text = schema.to_string();
    for key in [
        "packs",
        "use",
        "require",
        "except",
        "stepping-stones",
        "both-ways",
        "enforce-at",
        "approved-by",
    ] {
        assert!(text.contains(&format!("\"{key}\"")), "{key}");
    }
    let full: serde_json::Value = serde_saphyr::from_str(FULL).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&full).map(|e| e.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reader(at in 0..FULL.len(), put in "[-:{}\\[\\],*&!|>%@#\"\\n a-z0-9]{0,6}", cut in 0usize..20) {
        let at = (0..=at).rev().find(|at| FULL.is_char_boundary(*at)).unwrap_or(0);
        let end = (at + cut..FULL.len()).find(|at| FULL.is_char_boundary(*at)).unwrap_or(FULL.len());
        let text = format!("{}{put}{}", &FULL[..at], &FULL[end..]);
        let (sources, result) = read_text(&text);
        let len = sources.iter().next().map_or(0, |(_, file)| file.text().len());
        for problem in result.err().unwrap_or_default() {
            proptest::prop_assert!(problem.span.start <= problem.span.end);
            proptest::prop_assert!(problem.span.end as usize <= len);
        }
    }
}

//! Temporary rules and their ends.

use super::*;
use crate::model::Moment;

const NETWORK: &str = "\
version: 1
zones: { a: { networks: [10.0.1.0/24] }, b: { networks: [10.0.2.0/24] }, internet: { external: true } }
devices: { fw: { config: fw.cfg } }
attach: [ { zone: internet, at: \"fw:wan1\" } ]
";
/// 2026-11-20.
const NOW: Moment = Moment { day: 20_777, minute: 0 };

fn age(rule: &str, comments: &[&str], at: Option<Moment>) -> Vec<Finding> {
    let policy = |(number, comment): (usize, &&str)| {
        policy(&format!("{} lan dmz LAN DMZ HTTPS accept", number + 1))
            .replace("    next\n", &format!("        set comments \"{comment}\"\n    next\n"))
    };
    let policies: String = comments.iter().enumerate().map(policy).collect();
    of_network(rule, NETWORK, &[("fw", "fortios", &format!("{FORTIOS}{policies}end\n"))], at)
}

const COMMENTS: [&str; 6] = [
    "一時対応 R6.3末まで",
    "令和９年３月３１日まで 業務委託",
    "暫定",
    "2024-04-01 追加 申請12",
    "テスト 2026/1/15",
    "公開サーバ",
];

#[test]
fn an_end_that_has_passed() {
    // Policy 1 covers the others, which then are never met; each is asked alone.
    let labels = |at| -> Vec<(usize, String)> {
        let each = COMMENTS.iter().enumerate();
        each.flat_map(|(number, comment)| {
            age("expired-rule", &[comment], at)
                .into_iter()
                .map(move |f| (number, f.message.en.clone()))
        })
        .collect()
    };
    assert_eq!(
        labels(Some(NOW)),
        [(
            0,
            "on fw, the permit policy 1 is still in force after its stated end (r6.3末)".to_owned()
        )]
    );
    let later = Moment { day: 20_909, minute: 0 };
    assert_eq!(labels(Some(later)).len(), 2, "the second ended on 2027-03-31");
    let last = Moment { day: 20_908, minute: 1439 };
    assert_eq!(labels(Some(last)).len(), 1, "the last day counts");
    assert_eq!(labels(None), [], "without a moment nothing has passed");
}

#[test]
fn temporary_without_an_end() {
    let found: Vec<usize> = COMMENTS
        .iter()
        .enumerate()
        .filter(|(_, comment)| !age("undated-temporary-rule", &[comment], None).is_empty())
        .map(|(number, _)| number)
        .collect();
    assert_eq!(found, [2, 4]);
    let dated = age("undated-temporary-rule", &[COMMENTS[4]], None);
    assert_eq!(dated[0].severity, Severity::Low);
    assert_eq!(
        details(&dated[0])[1],
        "there is a date, 2026/1/15, and nothing says that it is the end"
    );
}

#[test]
fn lines_that_are_off_or_stop_are_left_alone() {
    let off = policy("1 lan dmz LAN DMZ HTTPS accept status=disable")
        .replace("    next\n", "        set comments \"暫定 R6.3末まで\"\n    next\n");
    let deny = policy("2 lan dmz LAN DMZ HTTPS deny")
        .replace("    next\n", "        set comments \"暫定 R6.3末まで\"\n    next\n");
    let config = format!("{FORTIOS}{off}{deny}end\n");
    for rule in ["expired-rule", "undated-temporary-rule"] {
        assert_eq!(told(&of_network(rule, NETWORK, &[("fw", "fortios", &config)], Some(NOW))), []);
    }
}

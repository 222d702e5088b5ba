use super::*;
use crate::source::Sources;

fn sheet(text: &str) -> RuleSheet {
    let mut sources = Sources::default();
    let id = sources.add("rules.csv", text.as_bytes()).unwrap();
    let sheet = crate::sheet::open(id, sources.file(id)).unwrap();
    read(&sheet, &mut Names::default())
}

const HEADER: &str = "No.,送信元,宛先,プロトコル,ポート,アクション\n";

fn rows(body: &str) -> RuleSheet {
    sheet(&format!("{HEADER}{body}"))
}

#[test]
fn as_above_and_as_left_repeat_a_cell() {
    let found = rows("1,10.0.0.0/8,192.0.2.1,TCP,443,許可\n2,〃,同左,同上,80,〃\n");
    let [first, second] = found.rules.as_slice() else { panic!("{found:?}") };
    assert!(second.doubts.is_empty(), "{:?}", second.doubts);
    assert_eq!(second.flows[0].from, first.flows[0].from);
    assert_eq!(second.flows[0].to.addresses, first.flows[0].from.addresses);
    assert_eq!(second.permit, Some(true));
}

#[test]
fn a_blank_cell_is_never_guessed() {
    let found = rows("1,10.0.0.0/8,192.0.2.1,TCP,443,許可\n2,,192.0.2.2,TCP,443,拒否\n");
    let rule = &found.rules[1];
    assert_eq!(rule.flows[0].from, Party::default());
    assert!(
        rule.doubts[0].message.ja.contains("rules.csv の3行B列「送信元」"),
        "{:?}",
        rule.doubts
    );
}

#[test]
fn the_last_row_may_speak_of_everything_else() {
    let found = rows("1,10.0.0.0/8,192.0.2.1,TCP,443,許可\n,その他すべて,,,,拒否\n");
    let rule = &found.rules[1];
    assert!(rule.doubts.is_empty(), "{:?}", rule.doubts);
    assert_eq!((rule.permit, rule.services.as_slice()), (Some(false), &[ServiceWord::ANY][..]));
}

#[test]
fn titles_notes_and_repeated_headers_are_no_rules() {
    let text = format!(
        "ファイアウォール ポリシー一覧,,,,,\n※本表に記載のない通信は全て拒否,,,,,\n{HEADER}■庁内,,,,,\n1,any,any,icmp,,許可\n{HEADER}※備考: 定期点検で更新,,,,,\n"
    );
    let found = sheet(&text);
    assert_eq!((found.rules.len(), found.unread.len()), (1, 0));
    assert_eq!(found.default.map(|(permit, _)| permit), Some(false));
    let odd = rows("1,any,any,icmp,,許可\n※上記以外は一部を除き許可,,,,,\n");
    assert_eq!(odd.unread.len(), 1);
}

#[test]
fn a_continuation_row_is_not_dropped() {
    let found = rows("1,10.0.0.1,192.0.2.1,TCP,443,許可\n,10.0.0.2,,,,\n");
    assert_eq!(found.rules.len(), 2);
    assert_eq!(found.rules[1].permit, None);
    assert!(!found.rules[1].doubts.is_empty());
}

#[test]
fn numbers_that_go_back_leave_the_order_open() {
    assert!(
        rows("1,any,any,icmp,,許可\n3,any,any,icmp,,許可\n2,any,any,icmp,,拒否\n")
            .disorder
            .is_some()
    );
    assert!(
        rows("1,any,any,icmp,,許可\n1,any,any,icmp,,許可\n5,any,any,icmp,,拒否\n")
            .disorder
            .is_none()
    );
}

#[test]
fn both_ways_are_two_flows() {
    let found = sheet(
        "送信元,方向,宛先,サービス,動作\n10.0.0.1,⇔,10.0.0.2,HTTPS,○\n10.0.0.1,→,10.0.0.2,HTTPS,×\n10.0.0.1,上り,10.0.0.2,HTTPS,○\n",
    );
    let counts: Vec<usize> = found.rules.iter().map(|rule| rule.flows.len()).collect();
    assert_eq!(counts, [2, 1, 2]);
    assert_eq!(found.rules[0].flows[1].from, found.rules[0].flows[0].to);
    assert_eq!(found.rules[2].doubts.len(), 1);
}

#[test]
fn zones_and_addresses_of_a_side_hold_together() {
    let found = sheet(
        "No,送信元,,宛先,,サービス,動作\n,ゾーン,IP,ゾーン,IP,,\n1,LGWAN接続系,10.1.0.0/16,DMZ,any,HTTPS,許可\n2,any,dmz,ＤＭＺ,198.51.100.1,HTTPS,許可\n3,DMZ・LGWAN接続系,any,DMZ,10.0.0.1、LGWAN接続系,any,許可\n",
    );
    let flow = &found.rules[0].flows[0];
    assert_eq!(flow.from.zones, Some(vec!["LGWAN接続系".to_owned()]));
    assert!(flow.from.addresses.is_some() && flow.to.addresses.is_none());
    assert_eq!(found.rules[1].flows[0].from.zones, Some(vec!["DMZ".to_owned()]));
    assert_eq!(found.rules[2].flows[0].from.zones.as_ref().map(Vec::len), Some(2));
    // A zone among addresses that the zone column does not name: never the intersection, never a guess.
    assert_eq!(found.rules[2].flows[0].to, Party::default());
    assert_eq!(found.rules[2].doubts.len(), 1);
}

#[test]
fn ports_services_and_protocols_must_agree() {
    let head = "送信元,宛先,サービス,プロトコル,ポート,送信元ポート,動作\n";
    let one = |row: &str| sheet(&format!("{head}{row}\n")).rules[0].clone();
    let agree = one("any,any,HTTPS,TCP,443,any,許可");
    assert!(agree.doubts.is_empty(), "{:?}", agree.doubts);
    let label = one("any,any,住基連携,TCP,8443,1024-65535,許可");
    assert!(label.doubts.is_empty());
    assert_eq!(label.services[0].source.first(), 1024);
    let disagree = one("any,any,HTTPS,TCP,8443,any,許可");
    assert_eq!((disagree.doubts.len(), disagree.services.len()), (1, 2));
    let undefined = one("any,any,AD認証一式,,,any,許可");
    assert!(undefined.services.contains(&ServiceWord::ANY) && undefined.doubts.len() == 1);
    let told = one("any,any,Web,,,any,許可");
    assert_eq!((told.doubts.len(), told.conventions.len()), (0, 1));
}

#[test]
fn switches_struck_rows_and_odd_actions() {
    let head = "送信元,宛先,サービス,動作,有効/無効\n";
    let one = |row: &str| sheet(&format!("{head}any,any,any,許可,有効\n{row}\n")).rules[1].clone();
    assert!(!one("any,any,any,許可,無効").enabled);
    assert_eq!(one("any,any,any,許可,").doubts.len(), 1);
    assert_eq!(one("any,any,any,△,有効").permit, None);
    let conditional = one("any,any,any,許可（要申請）,有効");
    assert_eq!((conditional.permit, conditional.doubts.len()), (Some(true), 1));
    assert_eq!(one("any,any,〔取消線〕any,拒否,有効").doubts.len(), 1);
}

#[test]
fn columns_that_are_not_known_make_their_rows_uncertain() {
    let found = sheet(
        "送信元,宛先,サービス,動作,検疫,備考\nany,any,any,許可,対象,x\nany,any,any,許可,,y\nany,any,any,許可,,,外\n",
    );
    let doubts: Vec<usize> = found.rules.iter().map(|rule| rule.doubts.len()).collect();
    assert_eq!((doubts, found.columns), (vec![1, 0, 1], vec!["検疫".to_owned()]));
}

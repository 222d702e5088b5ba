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

/// Whether the first rule has a doubt, when `heading` holds the cells `first` and `second`.
fn doubted(heading: &str, action: &str, (first, second): (&str, &str)) -> bool {
    let found = sheet(&format!(
        "No,送信元,宛先,サービス,動作,{heading}\n1,any,any,any,{action},{first}\n2,any,10.2.0.0/16,any,許可,{second}\n"
    ));
    !found.rules[0].doubts.is_empty()
}

#[test]
fn columns_that_do_not_say_which_side_they_limit_make_their_rows_uncertain() {
    for heading in
        ["インターフェース", "セグメント", "ゾーン", "ロール", "メンバー", "機器名", "拠点"]
    {
        assert!(doubted(heading, "拒否", ("guest", "staff")), "{heading}");
        assert!(!doubted(heading, "拒否", ("", "staff")), "{heading}");
    }
    assert!(doubted("IPアドレス", "拒否", ("10.2.9.9", "10.2.0.0/16")));
    assert!(doubted("機器", "拒否", ("fw-a", "fw-b")));
    assert!(!doubted("機器", "拒否", ("fw-a", "fw-a")), "every rule is of one device");
    assert!(doubted("VLAN", "許可", ("10", "10")));
}

#[test]
fn headings_that_only_look_like_remarks_limit_their_rows() {
    for heading in [
        "送信元VLAN",
        "送信元拠点",
        "接続拠点",
        "Webカテゴリ",
        "業務時間",
        "ログインユーザー",
        "Application Profile",
        "作成条件",
    ] {
        assert!(doubted(heading, "拒否", ("x", "")), "{heading}");
    }
    for heading in ["備考", "業務名", "ログ", "申請番号", "Comments", "IPS"] {
        assert!(!doubted(heading, "拒否", ("x", "")), "{heading}");
    }
    let found = sheet("Source IPs,Destination IPs,Service,Action\n10.1.9.0/24,any,any,deny\n");
    assert!(found.rules[0].doubts.is_empty());
    assert!(found.rules[0].flows[0].from.addresses.is_some());
    // Addresses in the left column of a side and `any` in the right one: as well, or besides?
    let found =
        sheet("Source IPs,Source,Destination,Service,Action\n10.1.9.0/24,any,any,any,deny\n");
    assert_eq!(found.rules[0].doubts.len(), 1);
}

#[test]
fn a_kind_that_names_an_action_must_agree_with_it() {
    assert!(doubted("種別", "許可", ("拒否", "許可")));
    assert!(!doubted("種別", "拒否", ("拒否", "許可")));
    assert!(!doubted("種別", "許可", ("業務", "業務")));
    let flows = sheet("送信元,宛先,サービス,種別\nany,any,any,禁止\nany,any,any,通常\n");
    assert_eq!([flows.rules[0].doubts.len(), flows.rules[1].doubts.len()], [1, 0]);
}

#[test]
fn everything_else_is_said_where_parties_and_services_stand() {
    let head = "No,分類,送信元,宛先,サービス,動作,備考\n";
    let blank =
        sheet(&format!("{head}1,その他,,10.2.0.0/16,any,拒否,\n2,業務,any,any,any,許可,\n"));
    assert!(!blank.rules[0].doubts.is_empty());
    let blank = sheet(&format!("{head}1,x,any,any,,拒否,その他\n2,x,any,any,udp,許可,\n"));
    assert!(!blank.rules[0].doubts.is_empty());
    let named = |row: &str| {
        let found =
            sheet(&format!("No,ルール名,送信元,宛先,サービス,動作\n{row}\n2,x,any,any,udp,拒否\n"));
        found.rules[0].doubts.len()
    };
    assert_eq!((named("1,その他すべて,,,,拒否"), named("1,その他,,10.2.0.0/16,any,拒否")), (0, 1));
}

#[test]
fn everything_else_may_leave_out_the_rows_below() {
    let first = |body: &str| {
        let found = sheet(&format!("No,送信元,宛先,サービス,動作\n{body}"));
        found.rules[0].doubts.len()
    };
    assert_eq!(first("1,その他,10.2.0.0/16,any,拒否\n2,10.1.0.0/16,10.2.0.0/16,tcp/443,許可\n"), 1);
    // Nothing below speaks of the same packets, or does anything else to them.
    assert_eq!(first("1,10.1.0.0/16,その他,any,拒否\n2,10.3.0.0/16,10.2.0.0/16,any,許可\n"), 0);
    assert_eq!(first("1,10.1.0.0/16,その他,tcp,拒否\n2,10.1.0.0/16,10.2.0.0/16,udp,許可\n"), 0);
    assert_eq!(first("1,10.1.0.0/16,その他,any,拒否\n2,any,any,any,拒否\n"), 0);
}

#[test]
fn a_second_order_of_rules_counts() {
    let order = |head: &str, a: &str, b: &str| {
        let found = sheet(&format!(
            "{head},送信元,宛先,サービス,動作\n{a},any,any,any,拒否\n{b},any,any,any,許可\n"
        ));
        found.disorder.is_some()
    };
    assert!(order("No,優先度", "1,100", "2,10"));
    assert!(!order("No,優先度", "1,10", "2,100"));
    // Identifiers of the device in a second column are in no order.
    assert!(!order("No,ポリシーID", "1,100", "2,10"));
    assert!(order("優先度", "低", "高"));
    assert!(!order("優先度", "高", "高"));
    assert!(order("No", "1-2", "1-1"));
    assert!(!order("No", "1-9", "1-10"));
    assert!(!order("No", "B-2", "A-1"));
}

#[test]
fn marks_under_an_unknown_heading_are_not_passed_over() {
    for mark in ["×", "なし", "無効", "off"] {
        assert!(doubted("設定済", "拒否", (mark, "○")), "{mark}");
    }
    for mark in ["", "-", "－"] {
        assert!(!doubted("設定済", "拒否", (mark, "○")), "{mark}");
    }
    assert!(!doubted("HIP", "拒否", ("any", "any")), "it limits no row");
    assert!(!doubted("ユーザー", "拒否", ("なし", "")));
}

#[test]
fn remarks_beside_a_row_that_denies_may_limit_it() {
    for remark in ["ただし10.1.9.9を除く", "【無効】", "廃止", "夜間のみ"] {
        assert!(doubted("備考", "拒否", (remark, "")), "{remark}");
        assert!(!doubted("備考", "許可", (remark, "")), "{remark}");
    }
    for remark in ["上記以外はすべて拒否", "暗黙の拒否", "旧サーバの撤去に伴う"]
    {
        assert!(!doubted("備考", "拒否", (remark, "")), "{remark}");
    }
    assert!(!doubted("ログ", "拒否", ("開始のみ", "")));
    let of = |action: &str| {
        let body = format!("1,10.1.0.0/16(窓口),any,TCP,443,{action}\n");
        rows(&body).rules[0].doubts.len()
    };
    assert_eq!((of("拒否"), of("許可")), (1, 0));
}

#[test]
fn a_period_that_is_switched_off_may_be_the_rule() {
    assert!(doubted("期間", "拒否", ("無効", "")));
    assert!(!doubted("期間", "拒否", ("常時", "")));
    assert!(!doubted("期間", "拒否", ("なし", "")));
}

/// What a list of objects or services and a table of rules say together.
fn with_list(list: &str, row: &str) -> Rule {
    let mut sources = Sources::default();
    let mut names = Names::default();
    let list = sources.add("list.csv", list.as_bytes()).unwrap();
    names.define(&crate::sheet::open(list, sources.file(list)).unwrap());
    let text = format!("送信元,宛先,サービス,動作\n{row}\n");
    let id = sources.add("rules.csv", text.as_bytes()).unwrap();
    let sheet = crate::sheet::open(id, sources.file(id)).unwrap();
    read(&sheet, &mut names).rules.remove(0)
}

#[test]
fn every_column_of_a_list_of_addresses_counts() {
    let source = |list: &str| {
        let rule = with_list(list, "PC,any,any,許可");
        let ranges = rule.flows[0].from.addresses.clone().unwrap_or_default();
        let ranges: Vec<String> = ranges.iter().map(ToString::to_string).collect();
        (ranges.join(" "), rule.doubts.len())
    };
    let sure = |range: &str| (range.to_owned(), 0);
    let any = || (String::new(), 1);
    assert_eq!(
        source("名称,IPアドレス,サブネットマスク\nPC,10.1.9.0,255.255.255.0\n"),
        sure("10.1.9.0/24")
    );
    assert_eq!(source("名称,IPアドレス,プレフィックス長\nPC,10.1.9.0,/24\n"), sure("10.1.9.0/24"));
    assert_eq!(
        source("名称,IPアドレス,サブネットマスク\nPC,10.1.9.0/24,255.255.255.0\n"),
        sure("10.1.9.0/24")
    );
    assert_eq!(source("名称,IPアドレス,マスク\nPC,10.1.9.0/24,255.255.0.0\n"), any());
    assert_eq!(source("名称,IPアドレス,マスク\nPC,10.1.9.5,255.255.255.0\n"), any());
    assert_eq!(source("名称,IPアドレス,マスク\nPC,10.1.9.5,\n"), sure("10.1.9.5"));
    assert_eq!(
        source("名称,アドレス,終了アドレス\nPC,10.1.9.1,10.1.9.9\n"),
        sure("10.1.9.1-10.1.9.9")
    );
    assert_eq!(source("名称,IPアドレス,ネットワーク\nPC,10.9.0.1,10.1.9.0/24\n"), any());
    assert_eq!(source("名称,IPアドレス,メンバー\nPC1,10.1.9.0/24,\nPC,10.9.9.9,PC1\n"), any());
    assert_eq!(
        source("名称,IPアドレス,メンバー\nPC1,10.1.9.0/24,\nPC,,PC1\n"),
        sure("10.1.9.0/24")
    );
    assert_eq!(source("名称,IPアドレス,除外\nPC,10.1.0.0/16,10.1.9.0/24\n"), any());
    assert_eq!(source("名称,IPアドレス,検疫\nPC,10.1.0.0/16,対象\n"), any());
    // A word for everything that the list defines is not clear.
    let rest = with_list("名称,IPアドレス\nその他,10.9.0.0/16\n", "その他,any,any,許可");
    assert_eq!((rest.doubts.len(), &rest.flows[0].from.addresses), (1, &None));
    assert_eq!(
        source(
            "No,名称,種別,IPアドレス,VLAN,ゲートウェイ,設置場所,備考\n1,PC,ホスト,10.1.0.5,10,10.1.0.1,本庁,x\n"
        ),
        sure("10.1.0.5")
    );
}

#[test]
fn every_column_of_a_list_of_services_counts() {
    let service = |list: &str| {
        let rule = with_list(list, "any,any,APP,許可");
        let sure = rule.doubts.is_empty();
        let words: Vec<String> = rule
            .services
            .iter()
            .map(|word| {
                let (source, to) = (word.source, word.destination);
                format!(
                    "{:?} {}-{} {}-{}",
                    word.protocol,
                    source.first(),
                    source.last(),
                    to.first(),
                    to.last()
                )
            })
            .collect();
        (words.join(", "), sure)
    };
    let sure = |text: &str| (text.to_owned(), true);
    assert_eq!(
        service("サービス名,プロトコル,開始ポート,終了ポート\nAPP,tcp,80,90\n"),
        sure("Some(6) 0-65535 80-90")
    );
    assert_eq!(
        service("サービス名,プロトコル,ポート,送信元ポート\nAPP,tcp,1-65535,1024\n"),
        sure("Some(6) 1024-1024 1-65535")
    );
    assert_eq!(service("サービス名,プロトコル,ポート\nAPP,6,\n"), sure("Some(6) 0-65535 0-65535"));
    assert_eq!(
        service("サービス名,プロトコル,ポート\nAPP,tcp/22,\n"),
        sure("Some(6) 0-65535 22-22")
    );
    for doubtful in [
        "サービス名,プロトコル,開始ポート,終了ポート\nAPP,tcp,80,\n",
        "サービス名,プロトコル,ポート,検疫\nAPP,tcp,80,対象\n",
        "サービス名,プロトコル,ポート,送信元ポート\nAPP,icmp,,1024\n",
        "サービス名,プロトコル,ポート\nAPP,HTTP,80\n",
    ] {
        assert!(!service(doubtful).1, "{doubtful}");
    }
}

#[test]
fn a_zone_beside_those_that_are_declared_is_any() {
    let mut sources = Sources::default();
    let mut names = Names::default();
    names.zone("lan");
    names.zone("dmz");
    names.close();
    let text = "送信元ゾーン,送信元IP,宛先ゾーン,宛先IP,サービス,動作\nlan側,10.1.0.0/16,dmz,any,any,許可\nlan,any,dmz,any,any,許可\n";
    let id = sources.add("rules.csv", text.as_bytes()).unwrap();
    let sheet = crate::sheet::open(id, sources.file(id)).unwrap();
    let found = read(&sheet, &mut names);
    let (strange, known) = (&found.rules[0], &found.rules[1]);
    assert_eq!((strange.doubts.len(), known.doubts.len()), (1, 0));
    assert_eq!(strange.flows[0].from.zones, None);
    assert!(strange.flows[0].from.addresses.is_some());
    assert_eq!(names.strangers.len(), 1);
}

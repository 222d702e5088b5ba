use super::*;

/// Every line of `text`; the entry are the lines that begin with `>`, the blocks those with `+`.
fn put(format: &str, text: &str, product: &Product) -> (String, Vec<String>) {
    let marked: Vec<&str> = text.lines().collect();
    let of = |mark: char| -> Vec<usize> {
        (0..marked.len()).filter(|at| marked[*at].starts_with(mark)).collect()
    };
    let (entry, blocks) = (of('>'), of('+'));
    let lines: Vec<&str> = marked.iter().map(|line| line.get(1..).unwrap_or_default()).collect();
    let site = Site { lines: &lines, entry: &entry, blocks: &blocks, replaced: false };
    let Some(done) = insertion(format, &site, std::slice::from_ref(product)) else {
        return (String::new(), Vec::new());
    };
    let mut out = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        for (_, added) in done.added.iter().filter(|(before, _)| *before == at) {
            out.extend(added.iter().map(|line| format!("* {line}")));
        }
        if !done.gone.contains(&at) {
            out.push((*line).to_owned());
        }
    }
    (out.join("\n"), done.commands)
}

fn product() -> Product {
    Product {
        permits: false,
        sources: vec![Prefix::parse("10.1.0.0/16").unwrap()],
        destinations: vec![Prefix::parse("10.2.0.9").unwrap()],
        services: vec![(Some(6), PortRange::single(445))],
    }
}

#[test]
fn a_line_of_an_asa_counts_the_lines_before_it() {
    let text = " access-list A remark x\n access-list A extended permit icmp any any\n access-list B extended permit ip any any\n>access-list A extended permit ip any any";
    let (file, commands) = put("asa", text, &product());
    assert!(file.contains("* access-list A extended deny tcp 10.1.0.0 255.255.0.0 host 10.2.0.9 eq 445\naccess-list A extended permit ip any any"), "{file}");
    assert_eq!(
        commands,
        ["access-list A line 3 extended deny tcp 10.1.0.0 255.255.0.0 host 10.2.0.9 eq 445"]
    );
}

#[test]
fn a_list_with_numbers_needs_room_between_them() {
    let rule = "deny tcp 10.1.0.0 0.0.255.255 host 10.2.0.9 eq 445";
    let (file, commands) = put(
        "ios",
        "+ip access-list extended X\n  10 permit icmp any any\n> 20 permit ip any any",
        &product(),
    );
    assert!(file.contains(&format!("*  15 {rule}\n 20 permit")), "{file}");
    assert_eq!(commands, ["ip access-list extended X".to_owned(), format!("15 {rule}")]);
    let full = put(
        "ios",
        "+ip access-list extended X\n  19 permit icmp any any\n> 20 permit ip any any",
        &product(),
    );
    assert_eq!(full.0, "", "no room");
    let (file, commands) = put(
        "ios",
        "+ip access-list extended X\n  remark y\n  permit icmp any any\n> permit ip any any",
        &product(),
    );
    assert!(file.contains(&format!("*  {rule}\n permit ip")), "{file}");
    assert_eq!(commands[1], format!("15 {rule}"));
    let (_, commands) = put(
        "ios",
        " access-list 101 permit icmp any any\n>access-list 101 permit ip any any",
        &product(),
    );
    assert_eq!(commands, ["ip access-list extended 101".to_owned(), format!("15 {rule}")]);
    assert_eq!(
        put("ios", ">access-list 10 permit any", &product()).0,
        "",
        "a standard list has no destination"
    );
}

#[test]
fn a_filter_of_a_yamaha_is_named_before_the_old_one_wherever_that_is_bound() {
    let text = " pp select 1\n  ip pp secure filter in 1020 1030 dynamic 1020\n ip lan1 secure filter in 2000\n>ip filter 1020 pass * * tcp\n ip filter 1030 reject * *";
    let (file, commands) = put("yamaha", text, &product());
    assert!(
        file.contains("*  ip pp secure filter in 1031 1020 1030 dynamic 1020\nip lan1"),
        "{file}"
    );
    assert!(
        file.contains("* ip filter 1031 reject 10.1.0.0/16 10.2.0.9 tcp * 445\nip filter 1020"),
        "{file}"
    );
    assert_eq!(
        commands[1..],
        ["pp select 1", "ip pp secure filter in 1031 1020 1030 dynamic 1020"]
    );
}

#[test]
fn a_rule_of_a_chain_keeps_its_interfaces() {
    let text = " *nat\n -A FORWARD -j X\n *filter\n -A FORWARD -j Y\n>-A FORWARD -i eth0 ! -o eth1 -j ACCEPT";
    let (_, commands) = put("iptables", text, &product());
    assert_eq!(
        commands,
        [
            "iptables -I FORWARD 2 -i eth0 ! -o eth1 -s 10.1.0.0/16 -d 10.2.0.9/32 -p tcp -m tcp --dport 445 -j DROP"
        ]
    );
}

#[test]
fn a_policy_of_a_fortigate_brings_its_objects() {
    let text = "+config firewall policy\n     edit 3\n     next\n>    edit 7\n>        set srcintf \"dmz\"\n>        set dstintf \"lan\"\n>    next\n end";
    let (file, commands) = put("fortios", text, &product());
    assert!(file.contains("*     edit 8\n*         set srcintf \"dmz\""), "{file}");
    assert!(file.find("set subnet 10.1.0.0 255.255.0.0") < file.find("config firewall policy"));
    assert!(commands.contains(&"move 8 before 7".to_owned()), "{commands:?}");
}

#[test]
fn what_has_no_form_is_not_written() {
    let icmp = Product { services: vec![(Some(1), PortRange::single(8))], ..product() };
    assert_eq!(put("asa", ">access-list A extended permit ip any any", &icmp).0, "");
    assert_eq!(put("table", ">10,any,any", &product()).0, "");
    let many = Product {
        services: (1..60).map(|port| (Some(6), PortRange::single(port))).collect(),
        ..product()
    };
    assert_eq!(put("asa", ">access-list A extended permit ip any any", &many).0, "");
}

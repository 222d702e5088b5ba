use super::*;
use crate::source::Sources;

fn with(text: &str, check: impl FnOnce(&Tree<'_>, &Sources)) {
    let mut sources = Sources::default();
    let id = sources.add("a.conf", text.as_bytes()).unwrap();
    let tree = Tree::read(id, sources.file(id).text());
    check(&tree, &sources);
}

fn kinds(tree: &Tree<'_>) -> Vec<FaultKind> {
    tree.faults().iter().map(|fault| fault.kind).collect()
}

#[test]
fn blocks_entries_and_words_have_exact_spans() {
    let text =
        "config firewall policy\n    edit 4\n        set srcintf \"dmz\" wan1\n    next\nend\n";
    with(text, |tree, sources| {
        let block = tree.roots().next().unwrap();
        assert_eq!((block.verb(), block.path().as_str()), (Verb::Config, "firewall policy"));
        assert_eq!(sources.text(block.span()), text.trim_end());
        let entry = block.children().next().unwrap();
        assert!(sources.text(entry.span()).starts_with("edit 4"));
        assert!(sources.text(entry.span()).ends_with("next"));
        let set = entry.children().next().unwrap();
        let words: Vec<String> = set.words_from(0).map(|w| w.text.into_owned()).collect();
        assert_eq!(words, ["srcintf", "dmz", "wan1"]);
        assert_eq!(sources.text(set.word(1).unwrap().span), "\"dmz\"");
        assert!(tree.faults().is_empty());
    });
}

#[test]
fn a_bare_end_inside_a_string_closes_nothing() {
    let text = "config vpn certificate local\nedit \"c\"\nset private-key \"-----BEGIN\nend\nnext\n-----END\"\nnext\nend\nconfig b\nend\n";
    with(text, |tree, _| {
        let roots: Vec<String> = tree.roots().map(Statement::path).collect();
        assert_eq!(roots, ["vpn certificate local", "b"]);
        assert!(tree.faults().is_empty());
        let key =
            tree.roots().next().unwrap().children().next().unwrap().children().next().unwrap();
        assert!(key.text(1).contains("\nend\nnext\n"));
    });
}

#[test]
fn escapes_are_undone() {
    with(r#"set comment "a \"quoted\" \\ word" b\ c"#, |tree, _| {
        let set = tree.roots().next().unwrap();
        assert_eq!(set.text(1), r#"a "quoted" \ word"#);
        assert_eq!(set.text(2), "b c");
    });
    with("set a \"new\"_x 'y z' it's", |tree, _| {
        let set = tree.roots().next().unwrap();
        assert_eq!((set.text(1).as_ref(), set.text(2).as_ref()), ("new_x", "y z"));
        assert_eq!(set.text(3), "it's");
    });
    with("set a \"語\\語\" \\語x", |tree, _| {
        let set = tree.roots().next().unwrap();
        assert_eq!((set.text(1).as_ref(), set.text(2).as_ref()), ("語語", "語x"));
    });
}

#[test]
fn end_closes_a_pending_edit() {
    let text =
        "config vdom\nedit root\nconfig system settings\nend\nend\nconfig vdom\nedit b\nend\n";
    with(text, |tree, _| {
        assert!(tree.faults().is_empty());
        assert_eq!(tree.roots().count(), 2);
        let edit = tree.roots().next().unwrap().children().next().unwrap();
        assert_eq!(edit.children().next().unwrap().path(), "system settings");
    });
}

#[test]
fn what_does_not_balance_is_a_fault_with_its_place() {
    with("config a\nedit 1\nset x 1\n", |tree, sources| {
        assert_eq!(kinds(tree), [FaultKind::OpenBlock]);
        assert_eq!(sources.line(tree.faults()[0].span), 2);
    });
    with("config a\nedit 1\nedit 2\nnext\nend\n", |tree, _| {
        assert_eq!(kinds(tree), [FaultKind::MissingNext]);
        assert_eq!(tree.roots().next().unwrap().children().count(), 2);
    });
    with("next\nend\n", |tree, _| {
        assert_eq!(kinds(tree), [FaultKind::StrayNext, FaultKind::StrayEnd]);
    });
    with("config a\nset c \"open\nend\n", |tree, sources| {
        assert_eq!(kinds(tree), [FaultKind::OpenString, FaultKind::OpenBlock]);
        assert_eq!(sources.line(tree.faults()[0].span), 2);
    });
    with("config a\nset c \"lost quote\nset d \"x\"\nend\n", |tree, _| {
        assert!(kinds(tree).contains(&FaultKind::GluedString));
    });
}

#[test]
fn ten_thousand_levels_need_no_stack() {
    let text = "config a\n".repeat(10_000) + &"end\n".repeat(10_000);
    with(&text, |tree, sources| {
        assert_eq!(kinds(tree), [FaultKind::TooDeep]);
        assert_eq!(sources.line(tree.faults()[0].span), 65);
        assert_eq!(tree.roots().count(), 1);
    });
    with(&"config a\nedit 1\n".repeat(10_000), |tree, _| {
        assert_eq!(kinds(tree), [FaultKind::TooDeep, FaultKind::OpenBlock]);
    });
}

#[test]
fn comments_are_no_statements() {
    with("#config-version=X\nconfig a\n  # note \"\n  set b #c\nend\n", |tree, _| {
        assert_eq!(tree.comments().len(), 2);
        assert_eq!(tree.roots().next().unwrap().children().next().unwrap().text(1), "#c");
    });
}

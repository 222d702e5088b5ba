use super::*;
use crate::source::Sources;

fn parsed(text: &str) -> (Sources, Result<Node, Vec<Problem>>) {
    let mut sources = Sources::default();
    let id = sources.add("t.yaml", text.as_bytes()).unwrap();
    let result = parse(id, sources.file(id));
    (sources, result)
}

fn first_error(text: &str) -> (u32, String) {
    let (sources, result) = parsed(text);
    let problems = result.unwrap_err();
    let first = problems.first().unwrap();
    (sources.line(first.span), first.message.en.clone())
}

#[test]
fn spans_are_exact_also_after_japanese() {
    let (sources, root) =
        parsed("名前: 汐見市  # 注\nlist: [a, \"b c\"]\nmap:\n  k: 3.10\n\nend: ~\n");
    let root = root.unwrap();
    let Value::Map(entries) = &root.value else { panic!("not a map") };
    let texts: Vec<(&str, &str)> = entries
        .iter()
        .map(|(key, node)| (sources.text(key.span), sources.text(node.span)))
        .collect();
    assert_eq!(
        texts,
        [("名前", "汐見市"), ("list", "[a, \"b c\"]"), ("map", "k: 3.10"), ("end", "~")]
    );
    assert_eq!(entries.last().unwrap().1.value, Value::Null);
}

#[test]
fn strict_form_refuses_references_tags_directives_and_second_documents() {
    assert_eq!(first_error("a: 1\nb: &x 2\n").0, 2);
    assert_eq!(first_error("a: 1\nb: *x\n").0, 2);
    assert_eq!(first_error("from: *\n").0, 1);
    assert_eq!(first_error("a: !!str 1\n").1, "tags (`!…`) are not supported");
    assert_eq!(first_error("a: 1\n---\nb: 2\n").0, 2);
    assert_eq!(first_error("%TAG ! tag:x,2000:\n---\na: 1\n").0, 1);
    assert_eq!(first_error("").1, "the file is empty");
    assert_eq!(first_error("a: 1\nb: 2\na: 3\n"), (3, "`a` is written twice".to_owned()));
    assert_eq!(first_error("? [a]\n: 1\n").1, "a key must be a word, not a list or mapping");
    assert!(first_error("a: [1, 2\nb: 3\n").1.starts_with("invalid YAML"));
}

#[test]
fn hostile_files_end_in_an_error() {
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b]\n";
    assert_eq!(first_error(bomb).0, 1);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(first_error(&deep).1.starts_with("nested too deeply"), "{:?}", first_error(&deep));
    let maps = "{a: ".repeat(10_000);
    assert!(first_error(&maps).1.starts_with("nested too deeply"));
    let block: String = (0..2_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    assert!(first_error(&block).1.starts_with("nested too deeply"));
    let dashes = "- ".repeat(10_000);
    assert!(first_error(&dashes).1.starts_with("nested too deeply"));
    let keys = "? ".repeat(10_000);
    assert!(!first_error(&keys).1.is_empty());
}

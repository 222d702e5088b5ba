//! The network as a graph: Graphviz reads it, every zone, device and violated pair is drawn, and names stay text.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use super::{HOSTILE, kinds, scan_of, text};
use crate::topologies;
use sekisho::finding::Verdict;
use sekisho::report::Sink;
use sekisho::scan::{self, Options, Scan};
use sekisho::text::Lang;

fn world(name: &str) -> Scan {
    let files = topologies::files(&topologies::root().join(name));
    scan::scan(files, &Options::default()).unwrap()
}

/// What Graphviz makes of it: the plain format, one node or edge a line.
fn drawn(dot: &str) -> Vec<String> {
    let mut child = Command::new("dot")
        .arg("-Tplain")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Graphviz: tests/tools.sh installs it");
    child.stdin.take().unwrap().write_all(dot.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn graphviz_draws_every_zone_device_and_violated_pair() {
    let scan = world("x-enet/delivered");
    let dot = text(&scan, Sink::Dot, Lang::Ja);
    let lines = drawn(&dot);
    let nodes =
        |word: &str| lines.iter().filter(|l| l.starts_with("node ") && l.contains(word)).count();
    let snapshot = &scan.loaded.snapshot;
    assert_eq!(nodes(" box "), snapshot.devices.iter().count() + snapshot.opaques.iter().count());
    assert_eq!(nodes(" ellipse "), snapshot.zones.iter().count());
    let zone = |place: &str| place.split('.').next().unwrap_or_default().to_owned();
    let pairs: BTreeSet<(String, String)> = scan
        .findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Violated)
        .flat_map(|finding| {
            let own = finding.from.clone().zip(finding.to.clone());
            own.into_iter().chain(finding.also.iter().cloned())
        })
        .map(|(from, to)| (zone(&from), zone(&to)))
        .collect();
    let violated = lines.iter().filter(|l| l.starts_with("edge ") && l.contains("不適合")).count();
    assert_eq!(violated, pairs.len(), "{pairs:?}");
    assert!(violated > 0);
    let mermaid = text(&scan, Sink::Mermaid, Lang::Ja);
    assert_eq!(mermaid.matches(" ==>|").count(), violated, "both say the same");
}

#[test]
fn names_stay_text_in_a_graph() {
    let scan = scan_of(&kinds());
    let dot = text(&scan, Sink::Dot, Lang::En);
    // The one hostile end is one node; it reaches itself, and nothing else is a node or an edge.
    let lines = drawn(&dot);
    let of = |word: &str| lines.iter().filter(|line| line.starts_with(word)).count();
    assert_eq!((of("node "), of("edge ")), (1, 1));
    let mermaid = text(&scan, Sink::Mermaid, Lang::En);
    for line in mermaid.lines() {
        let is_comment = line.trim_start().starts_with("%%") || line.contains("accTitle");
        assert!(!line.contains("%%{") && !line.contains('{'), "no directive: {line}");
        if !is_comment {
            assert!(line.matches('"').count() <= 2, "no label ends early: {line}");
            assert!(!line.contains(HOSTILE.split('\r').nth(1).unwrap()));
            assert!(!line.contains("](http"), "{line}");
        }
    }
    assert_eq!(drawn(&text(&Scan::default(), Sink::Dot, Lang::En)).len(), 2, "graph and stop");
}

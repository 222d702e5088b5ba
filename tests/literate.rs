//! Literate fixtures: `fixtures/formats/<reader>/*.md`. Each section explains one keyword or trap, shows a whole
//! configuration, and says what becomes of packets. Every packet goes through both judges; detection must choose the reader.
//!
//! A section is prose, one or more ```` ```config [file name] ```` blocks, at most one ```` ```topology ```` block (its device
//! is called `fw`), and ```` ```packets ```` blocks. A later section starts afresh. The lines of a `packets` block:
//!
//! ```text
//! lan1 > lan2: tcp 192.168.10.5:40000 > 192.168.20.9:443 permit
//! lan1 > self: icmp 192.168.10.5 > 192.168.10.1 type 8 code 0 deny
//! lan2 > lan1: tcp [2001:db8::1]:40000 > [2001:db8::2]:443 established may as tcp a:p > b:p by LABEL
//! ```
//!
//! The packet arrives at the interface on the left. `permit`: it surely ends on the segment of the interface on the right
//! (`self`: at the device, `any`: anywhere); `deny`: it never does; `may`: it is not sure. `as`: the header on arrival; `by`:
//! the label of a filter line or default on the way (of the way to the end when there is one). A block marked `packets
//! model-only` is about the reading alone; `tests/kernel.rs` puts the others of iptables and nftables to the Linux kernel.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads the repository"
)]

mod judges;
#[path = "literate/packets.rs"]
mod packets;
#[path = "literate/sections.rs"]
mod sections;

use packets::{Expectation, Outcome, Target};
use sections::Section;
use sekisho::formats;
use sekisho::model::{Action, Binding, Device, ListId, Stage};
use sekisho::scan::{self, Loaded, Options};
use sekisho::snapshot::{Place, Port, Snapshot};
use sekisho::trace::{self, End, Ingress, Trace};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[test]
fn every_section_says_what_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats");
    let (mut packets, mut wrong) = (0, Vec::new());
    for path in documents(&root) {
        let format =
            path.parent().and_then(Path::file_name).unwrap().to_string_lossy().into_owned();
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        for section in sections::read(&text).unwrap_or_else(|error| panic!("{name}: {error}")) {
            let place = format!("{name}:{} {}", section.line, section.title);
            packets += section.packets.len();
            wrong.extend(judge(&format, &section).into_iter().map(|e| format!("{place}\n  {e}")));
        }
    }
    assert!(wrong.is_empty(), "{} of {packets} statements:\n{}", wrong.len(), wrong.join("\n"));
    assert!(packets > 0, "no literate fixture was found");
}

fn documents(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(documents(&path));
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What is wrong in a section.
fn judge(format: &str, section: &Section) -> Vec<String> {
    let loaded = match scan::load(section.files(), &Options::default()) {
        Ok(loaded) => loaded,
        Err(errors) => return vec![format!("cannot be read: {errors:?}")],
    };
    let mut wrong = undetected(format, &loaded);
    let devices = loaded.snapshot.devices.iter();
    wrong.extend(devices.flat_map(|(_, device)| torn(device)));
    for statement in &section.packets {
        let (line, text) = (statement.line, &statement.text);
        let expected = packets::read(text);
        let result = expected.and_then(|expected| meets(&loaded.snapshot, &expected));
        wrong.extend(result.err().map(|why| format!("line {line}: {text}\n    {why}")));
    }
    wrong
}

/// Lists that both filter and translate: whoever reads a line as doing something else (`check/views.rs`) would change both.
fn torn(device: &Device) -> Option<String> {
    let reached = |wanted: fn(&Stage) -> &[Binding]| {
        let contexts = || device.contexts.iter().map(|(_, context)| context);
        let stages = contexts().flat_map(|context| &context.pipeline).flat_map(wanted);
        let mut open: Vec<ListId> = stages.flat_map(|bound| bound.lists.clone()).collect();
        let mut found = BTreeSet::new();
        while let Some(list) = open.pop() {
            if found.insert(list) {
                open.extend(device.lists[list].lines.iter().filter_map(|line| match line.action {
                    Action::Jump(to) => Some(to),
                    _ => None,
                }));
            }
        }
        found
    };
    let filtering = reached(|stage| match stage {
        Stage::Filter(filter) => &filter.bindings,
        _ => &[],
    });
    let translating = reached(|stage| match stage {
        Stage::Translate(translate) => &translate.bindings,
        _ => &[],
    });
    let both = filtering.intersection(&translating).next()?;
    Some(format!("list {} filters and translates", device.lists[*both].name))
}

/// Every configuration was taken for the format that the directory names, by detection alone. What several formats read
/// (`ip addr` beside a rule set) need only be read by it.
fn undetected(format: &str, loaded: &Loaded) -> Vec<String> {
    let mut wrong = Vec::new();
    let taken = loaded.snapshot.devices.iter().all(|(_, device)| device.format == format);
    let detect = formats::by_id(format).unwrap().detect;
    for coverage in loaded.snapshot.coverage.iter().flatten() {
        let file = loaded.sources.file(coverage.file);
        let found = formats::detect(file.text()).map(|found| found.id);
        if found != Ok(format) && !(taken && detect(file.text()) > 0) {
            wrong.push(format!("{} is detected as {found:?}", file.path()));
        }
    }
    if loaded.snapshot.devices.len() != 1 {
        wrong.push(format!("{} devices; a section has one", loaded.snapshot.devices.len()));
    }
    wrong
}

fn meets(snapshot: &Snapshot, expected: &Expectation) -> Result<(), String> {
    let device = snapshot.devices.ids().next().ok_or("no device")?;
    let find = |name: &str| {
        let found = snapshot.devices[device].interface(name);
        found
            .map(|interface| Port { device, interface })
            .ok_or_else(|| format!("there is no interface `{name}`"))
    };
    let ingress = find(&expected.ingress)?;
    let egress = match &expected.target {
        Target::Interface(name) => {
            Some(snapshot.devices[device].interfaces[find(name)?.interface].name.clone())
        }
        Target::Device | Target::Anywhere => None,
    };
    let flow = expected.flow;
    let trace = trace::trace(snapshot, Ingress::Port(ingress), flow, &Default::default());
    if trace.truncated {
        return Err("too many branches".to_owned());
    }
    let hits = |end: &&End| match (&expected.target, end.place()) {
        (_, None) => false,
        (Target::Anywhere, Some(_)) => true,
        (Target::Device, Some(place)) => matches!(place, Place::Device(_)),
        (Target::Interface(_), Some(place)) => {
            let last = end.hops.iter().rev().find_map(|hop| hop.egress.clone());
            !matches!(place, Place::Device(_)) && last == egress
        }
    };
    outcome(expected, &trace, &trace.ends.iter().filter(hits).collect::<Vec<_>>())
        .map_err(|why| format!("{why}\n{}", judges::tell(&trace)))?;
    for zone in snapshot.zones.ids().filter(|zone| snapshot.entries(*zone).contains(&ingress)) {
        if let Some(words) = judges::disagreement(snapshot, zone, flow) {
            return Err(format!("the judges disagree: {words}"));
        }
    }
    Ok(())
}

fn outcome(expected: &Expectation, trace: &Trace, hits: &[&End]) -> Result<(), String> {
    let got = match hits {
        [] => Outcome::Deny,
        _ if hits.iter().any(|end| end.certain) => Outcome::Permit,
        _ => Outcome::May,
    };
    if got != expected.outcome {
        return Err(format!("expected {:?}, is {got:?}", expected.outcome));
    }
    if let Some(header) = expected.arrives {
        let same = |end: &&End| {
            let (is, want) = (end.flow, header);
            (is.src, is.dst, is.protocol, is.source_port, is.destination_port)
                == (want.src, want.dst, want.protocol, want.source_port, want.destination_port)
        };
        if !hits.iter().any(same) {
            return Err(format!("does not arrive as {header}"));
        }
    }
    if let Some(label) = &expected.by {
        let ends: Vec<&End> =
            if hits.is_empty() { trace.ends.iter().collect() } else { hits.to_vec() };
        let lines =
            |end: &End| end.hops.iter().flat_map(|hop| hop.lines.clone()).collect::<Vec<_>>();
        if !ends.iter().any(|end| lines(end).iter().any(|line| line.label == *label)) {
            return Err(format!("no line `{label}` decided"));
        }
    }
    Ok(())
}

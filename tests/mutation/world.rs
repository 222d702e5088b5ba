//! Worlds, and what becomes of them when a line is changed.

use crate::topologies;
use sekisho::finding::Verdict;
use sekisho::model::{Action, Device};
use sekisho::scan::{self, Files, Loaded, Options, Scan};
use sekisho::source::{FileId, Span};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The files of a world.
#[derive(Clone)]
pub(crate) struct World(Files);

/// A world with something changed.
pub(crate) struct Mutant {
    /// What was changed.
    pub(crate) what: String,
    /// Where, in the world as it was.
    pub(crate) span: Span,
    world: World,
}

impl Mutant {
    pub(crate) fn scan(&self) -> Scan {
        self.world.scan()
    }
}

/// The rule that forbids everything from one zone to another.
pub(crate) fn pair(from: &str, to: &str) -> String {
    format!("{from}-{to}")
}

pub(crate) fn verdict(scan: &Scan, rule: &str) -> Verdict {
    scan.verdicts.iter().find(|verdict| verdict.rule == rule).unwrap().verdict
}

impl World {
    /// The world of this name under `topologies`.
    pub(crate) fn read(name: &str) -> World {
        World(topologies::files(&topologies::root().join(name)))
    }

    fn load(&self) -> Loaded {
        scan::load(self.0.clone(), &Options::default()).unwrap()
    }

    pub(crate) fn scan(&self) -> Scan {
        scan::scan(self.0.clone(), &Options::default()).unwrap()
    }

    fn replace(&mut self, path: &str, text: String) {
        let entry = self.0.entries.iter_mut().find(|(name, _)| name == path).unwrap();
        entry.1 = text.into_bytes();
    }

    /// The world with a policy that lets nothing pass between any two zones, and without what only its own policy needs.
    pub(crate) fn forbidding_everything(mut self) -> World {
        let loaded = self.load();
        let zones: Vec<&str> = loaded.snapshot.zones.iter().map(|(_, z)| z.id.as_str()).collect();
        let mut policy = "version: 1\nrules:\n".to_owned();
        for from in &zones {
            for to in zones.iter().filter(|to| *to != from) {
                let id = pair(from, to);
                let _ = writeln!(policy, "  - {{ id: {id}, deny: {{ from: {from}, to: {to} }} }}");
            }
        }
        self.replace("policy.yaml", policy);
        let topology = self.0.entries.iter_mut().find(|(name, _)| name == "topology.yaml").unwrap();
        topology.1 = without_roles(&String::from_utf8(topology.1.clone()).unwrap()).into_bytes();
        self
    }

    /// The world with every line that decides about packets taken away, and turned round, one at a time.
    pub(crate) fn mutants(&self, loaded: &Loaded) -> Vec<Mutant> {
        let mut spans = BTreeSet::new();
        for (_, device) in loaded.snapshot.devices.iter() {
            spans.extend(deciding(device).into_iter().map(|s| (s.file, s.start, s.end)));
        }
        let mut mutants = Vec::new();
        for (file, start, end) in spans {
            let span = Span { file, start, end };
            if loaded.sources.text(span).is_empty() {
                continue;
            }
            mutants.push(self.without(loaded, &[span]));
            mutants.extend(self.turned_round(loaded, span));
        }
        mutants
    }

    /// The world without what stands at `spans`.
    pub(crate) fn without(&self, loaded: &Loaded, spans: &[Span]) -> Mutant {
        let places: Vec<String> = spans.iter().map(|span| loaded.sources.place(*span)).collect();
        let what = format!("without {}", places.join(", "));
        let mut spans = spans.to_vec();
        spans.sort_by_key(|span| (span.file, span.start));
        spans.dedup();
        let span = spans[0];
        let mut world = self.clone();
        let mut files: Vec<FileId> = spans.iter().map(|span| span.file).collect();
        files.dedup();
        for file in files {
            let source = loaded.sources.file(file);
            let mut text = source.text().to_owned();
            for span in spans.iter().rev().filter(|span| span.file == file) {
                text.replace_range(span.start as usize..span.end as usize, "");
            }
            world.replace(source.path(), text);
        }
        Mutant { what, span, world }
    }

    /// The world with the line at `span` permitting what it denies, or denying what it permits; `None` when its words do not
    /// say which it does.
    fn turned_round(&self, loaded: &Loaded, span: Span) -> Option<Mutant> {
        let words = loaded.sources.text(span);
        let turns = [
            (" permit ", " deny "),
            (" deny ", " permit "),
            ("set action accept", "set action deny"),
            ("set action deny", "set action accept"),
            ("then permit", "then deny"),
            ("then deny", "then permit"),
            ("permit;", "deny;"),
            ("deny;", "permit;"),
        ];
        let (from, to) = turns.into_iter().find(|(from, _)| words.contains(from))?;
        let source = loaded.sources.file(span.file);
        let mut text = source.text().to_owned();
        let turned = words.replacen(from, to, 1);
        text.replace_range(span.start as usize..span.end as usize, &turned);
        let mut world = self.clone();
        world.replace(source.path(), text);
        let what = format!("{} turned round", loaded.sources.place(span));
        Some(Mutant { what, span, world })
    }
}

/// Roles are for packs; a policy without packs may not speak of them.
fn without_roles(topology: &str) -> String {
    let mut out = String::new();
    for line in topology.lines() {
        let line = match line.find(", roles: [") {
            Some(start) => {
                let end = start + line[start..].find(']').unwrap() + 1;
                format!("{}{}", &line[..start], &line[end..])
            }
            None => line.to_owned(),
        };
        out += &line;
        out.push('\n');
    }
    out
}

/// Where the lines and routes stand that decide about packets.
fn deciding(device: &Device) -> Vec<Span> {
    let lists = device.lists.iter().flat_map(|(_, list)| &list.lines);
    let lines = lists.filter(|line| line.enabled && line.action != Action::Undecided);
    let routes = device.contexts.iter().flat_map(|(_, context)| &context.routes);
    lines.map(|line| line.span).chain(routes.map(|route| route.span)).collect()
}

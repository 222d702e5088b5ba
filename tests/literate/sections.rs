//! The sections of a literate document.

#![allow(dead_code, reason = "each test uses a part")]

use sekisho::scan::Files;

/// A heading with its blocks.
#[derive(Debug, Default)]
pub(crate) struct Section {
    pub(crate) title: String,
    /// The line of the heading.
    pub(crate) line: usize,
    /// File name and text.
    pub(crate) configs: Vec<(String, String)>,
    pub(crate) topology: Option<String>,
    pub(crate) packets: Vec<Statement>,
}

/// A line of a `packets` block.
#[derive(Debug)]
pub(crate) struct Statement {
    /// Where it stands.
    pub(crate) line: usize,
    pub(crate) text: String,
    /// Whether it is about the reading alone and no device is asked.
    pub(crate) model_only: bool,
}

impl Section {
    /// Its configurations and topology as input files.
    pub(crate) fn files(&self) -> Files {
        let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
        let mut paths = Vec::new();
        for (name, text) in &self.configs {
            paths.push(name.clone());
            entries.push((name.clone(), text.clone().into_bytes()));
        }
        if let Some(topology) = &self.topology {
            let topology = topology.replace("CONFIGS", &paths.join(", "));
            entries.push(("topology.yaml".to_owned(), topology.into_bytes()));
        }
        entries.sort();
        Files { name: "literate".to_owned(), entries }
    }
}

/// The sections that hold a configuration; an error when a block is unknown, not closed, or a configuration goes unasked.
pub(crate) fn read(text: &str) -> Result<Vec<Section>, String> {
    let mut sections: Vec<Section> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if line.starts_with('#') {
            let title = line.trim_start_matches('#').trim().to_owned();
            sections.push(Section { title, line: index + 1, ..Section::default() });
            continue;
        }
        let Some(info) = line.strip_prefix("```") else { continue };
        let mut body = Vec::new();
        let closed = lines.by_ref().any(|(number, line)| {
            let end = line.starts_with("```");
            if !end {
                body.push((number + 1, line.to_owned()));
            }
            end
        });
        if !closed {
            return Err(format!("line {}: the block is not closed", index + 1));
        }
        let section = sections.last_mut().ok_or("a block before the first heading")?;
        block(section, info.trim(), body).map_err(|why| format!("line {}: {why}", index + 1))?;
    }
    sections.retain(|section| !section.configs.is_empty());
    match sections.iter().find(|section| section.packets.is_empty()) {
        Some(section) => Err(format!("line {}: nothing is asked", section.line)),
        None => Ok(sections),
    }
}

fn block(section: &mut Section, info: &str, body: Vec<(usize, String)>) -> Result<(), String> {
    let (kind, rest) = info.split_once(' ').unwrap_or((info, ""));
    let text = || body.iter().map(|(_, line)| format!("{line}\n")).collect::<String>();
    match kind {
        "config" => {
            let name = if rest.is_empty() { "fw.conf" } else { rest.trim() };
            section.configs.push((name.to_owned(), text()));
        }
        "topology" => section.topology = Some(text()),
        "packets" => {
            let model_only = match rest {
                "" => false,
                "model-only" => true,
                _ => return Err(format!("`packets {rest}` is not known")),
            };
            let asked = body.iter().filter(|(_, line)| !line.trim().is_empty());
            section.packets.extend(asked.map(|(line, text)| Statement {
                line: *line,
                text: text.trim().to_owned(),
                model_only,
            }));
        }
        _ => return Err(format!("a block `{kind}` is not known")),
    }
    Ok(())
}

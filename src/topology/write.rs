//! A topology as a file that [`super::read`] reads.

use super::{DeviceDecl, DeviceKind, Topology, ZoneDecl};
use crate::source::Spanned;
use std::fmt::{Display, Write};

/// The topology as YAML, with comments in Japanese and English for whoever goes on from there.
#[must_use]
pub fn write(topology: &Topology) -> String {
    let mut out = String::from(
        "# yaml-language-server: $schema=./topology.schema.json\n\
         # sekisho init が設定から作った下書きです。ゾーンの名称と役割を直し、抜けている機器を加えてください。\n\
         # A draft made from the configurations by `sekisho init`. Correct names and roles of the zones, add what is missing.\n\
         version: 1\n",
    );
    if let Some(name) = &topology.name {
        line(&mut out, 0, "name", &word(name));
    }
    out.push_str(
        "\n# ゾーン: 同じ扱いをするネットワークのまとまり。external は他者のネットワーク（インターネットなど）。\n\
         # Zones: networks that are treated alike; external is another's network (the Internet).\n",
    );
    section(&mut out, "zones", &topology.zones, zone);
    out.push_str(
        "\n# 機器: 設定のあるものは config、ないものは opaque: true（先にあるネットワークを networks に）。\n\
         # Devices: with config, or opaque: true where the configuration is not at hand (networks: what is behind it).\n",
    );
    section(&mut out, "devices", &topology.devices, device);
    out.push_str(
        "\n# サブネットから決まらないゾーンの置き場所 / where a zone is, when no subnet says so\n",
    );
    section(&mut out, "attach", &topology.attach, |out, attach| {
        let at = word(&format!("{}:{}", attach.at.device, attach.at.interface));
        let zone = word(&attach.zone.value);
        let _ = writeln!(out, "  - {{ zone: {zone}, at: {at} }}");
    });
    out
}

fn section<T>(out: &mut String, key: &str, items: &[T], write: impl Fn(&mut String, &T)) {
    let _ = writeln!(out, "{key}:");
    for item in items {
        write(out, item);
    }
}

fn line(out: &mut String, indent: usize, key: &str, value: &str) {
    let _ = writeln!(out, "{:indent$}{key}: {value}", "");
}

fn zone(out: &mut String, zone: &ZoneDecl) {
    let _ = writeln!(out, "  {}:", word(&zone.id.value));
    if let Some(label) = &zone.label {
        line(out, 4, "label", &word(label));
    }
    if zone.external {
        line(out, 4, "external", "true");
    }
    if !zone.networks.is_empty() {
        line(out, 4, "networks", &list(&zone.networks));
    }
    if !zone.roles.is_empty() {
        let roles: Vec<String> = zone.roles.iter().map(|role| word(role)).collect();
        line(out, 4, "roles", &format!("[{}]", roles.join(", ")));
    }
}

fn device(out: &mut String, device: &DeviceDecl) {
    let _ = writeln!(out, "  {}:", word(&device.name.value));
    match &device.kind {
        DeviceKind::Configured { config, .. } => {
            let paths: Vec<String> = config.iter().map(|path| word(&path.value)).collect();
            match paths.as_slice() {
                [path] => line(out, 4, "config", path),
                paths => line(out, 4, "config", &format!("[{}]", paths.join(", "))),
            }
        }
        DeviceKind::Opaque { addresses, networks } => {
            line(out, 4, "opaque", "true");
            line(out, 4, "addresses", &list(addresses));
            if !networks.is_empty() {
                line(out, 4, "networks", &list(networks));
            }
        }
    }
    if let Some(note) = &device.note {
        line(out, 4, "note", &word(note));
    }
}

fn list<T: Display>(items: &[Spanned<T>]) -> String {
    let words: Vec<String> = items.iter().map(|item| word(&item.value.to_string())).collect();
    format!("[{}]", words.join(", "))
}

/// A word as YAML: plain when every YAML version reads it as the same text, else quoted.
fn word(text: &str) -> String {
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
        && !reserved.contains(&text.to_ascii_lowercase().as_str());
    let network = text.starts_with(|c: char| c.is_ascii_digit())
        && text.matches('.').count() == 3
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '/'));
    if plain || network {
        text.to_owned()
    } else {
        serde_json::Value::String(text.to_owned()).to_string()
    }
}

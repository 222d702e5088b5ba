//! Whether packets go through the flow module at all.

use super::filters::Filters;
use super::reader::Reader;
use super::tree::Tree;
use crate::formats::builder::{line, unknown};
use crate::model::{Action, Filter, Interfaces, Line, ListId};
use crate::net::Family;
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// Parts of `security` that a device without zones may have too.
const HARMLESS: &[&str] =
    &["ssh-known-hosts", "certificates", "pki", "authentication-key-chains", "macsec", "log"];

impl<'a> Reader<'a, '_> {
    /// What comes before every policy: modes of forwarding, and packets that a filter takes out of the flow module.
    pub(super) fn front(&mut self, filters: &Filters, zoned: bool) -> Vec<ListId> {
        let mut lines = Vec::new();
        let mode = |reader: &mut Self, family: &'a str| {
            let path = ["security", "forwarding-options", "family", family];
            let node = reader.tree.path(Tree::ROOT, &path)?;
            let value = reader.tree.value_of(node, "mode");
            Some((value.unwrap_or(""), reader.span(node)))
        };
        for family in ["mpls", "inet"] {
            if let Some((value, span)) = mode(self, family)
                && value != "flow-based"
            {
                lines.push(self.bypass(None, span, packet_reason()));
            }
        }
        match mode(self, "inet6") {
            Some(("flow-based", _)) => {}
            Some(("packet-based", span)) => {
                lines.push(self.bypass(Some(Family::V6), span, packet_reason()));
            }
            Some(("drop", span)) => {
                let matches = self.b.everything(Some(Family::V6), span);
                lines.push(line("family inet6 mode drop".to_owned(), matches, Action::Deny, span));
            }
            Some((_, span)) => lines.push(self.inet6(span, Action::Undecided)),
            None if zoned => lines.push(self.inet6(self.origin, Action::Deny)),
            None => {}
        }
        if let Some(forwarding) = self.tree.path(Tree::ROOT, &["security", "forwarding-options"]) {
            for kid in self.tree.kids(forwarding) {
                match self.word(kid) {
                    "family" => {
                        for family in self.tree.kids(kid) {
                            self.tree.ignore(family);
                        }
                    }
                    "mirror-filter"
                    | "resource-manager"
                    | "no-allow-dataplane-sleep"
                    | "receive-side-scaling" => self.tree.ignore(kid),
                    _ => self.unread(kid),
                }
            }
        }
        for (id, span) in &filters.packet_mode {
            let mut new = self.bypass(None, *span, selective_reason());
            new.matches.ingress = Interfaces::Of(vec![*id]);
            lines.push(new);
        }
        if lines.is_empty() { Vec::new() } else { vec![self.b.list("forwarding mode", lines)] }
    }

    fn bypass(&mut self, family: Option<Family>, span: Span, reason: Text) -> Line {
        let mut matches = self.b.everything(family, span);
        matches.unknown.push(unknown(reason, span));
        line("packet-based forwarding".to_owned(), matches, Action::Permit, span)
    }

    /// What the default for IPv6 does, which depends on the release.
    fn inet6(&mut self, span: Span, action: Action) -> Line {
        let mut matches = self.b.everything(Some(Family::V6), span);
        let reason = text!(
            "family inet6 の転送モードが書かれていません。既定で破棄するかどうかはリリースによって異なります。",
            "the forwarding mode of family inet6 is not stated; whether IPv6 is dropped by default depends on the release"
        );
        matches.unknown.push(unknown(reason, span));
        line("family inet6 mode not stated".to_owned(), matches, action, span)
    }

    /// A device without zones and policies is a router: nothing stands between its interfaces but filters. An export that holds
    /// other parts of a firewall lacks its zones, and then nothing is sure.
    pub(super) fn unzoned(&mut self, mut front: Vec<ListId>) -> Option<Filter> {
        let security = self.tree.get(Tree::ROOT, "security");
        let parts = security.map(|node| self.tree.kids(node)).unwrap_or_default();
        let odd = parts.into_iter().find(|part| !HARMLESS.contains(&self.word(*part)));
        if let Some(odd) = odd {
            let span = self.span(odd);
            let matches = self.b.everything(None, span);
            let label = "no security zones in this configuration".to_owned();
            let new = line(label, matches, Action::Undecided, span);
            front.push(self.b.list("security zones", vec![new]));
        }
        if front.is_empty() {
            return None;
        }
        Some(self.b.filter("security policy", front, Action::Permit, "no security zones", None))
    }
}

fn packet_reason() -> Text {
    text!(
        "パケットベースの転送では、ゾーンのポリシーが適用されない場合があります。",
        "with packet-based forwarding, the policies of zones may not apply"
    )
}

fn selective_reason() -> Text {
    text!(
        "フィルターの packet-mode により、一部の通信はポリシーを通らない場合があります。",
        "a filter with packet-mode may take packets past the policies"
    )
}

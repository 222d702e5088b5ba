//! Class maps as chains: a deny in a list of the class means that the class does not match.

use super::Maps;
use crate::formats::acl::Found;
use crate::formats::builder::{line, unknown};
use crate::formats::ios::names::PAM;
use crate::formats::ios::reader::Reader;
use crate::formats::lines::{ConfigLine, Word};
use crate::model::{Action, Line, ListId, Remark};
use crate::net::{Family, PortRange};
use crate::source::Span;
use crate::text;

/// How deep class maps may name class maps.
const DEPTH: usize = 16;
/// How many class chains are made; nested class maps could ask for exponentially many.
const CHAINS: usize = 20_000;
/// How many conditions a match-all class may have; each is one jump deeper.
const ALL_LIMIT: usize = 64;

impl<'a> Reader<'a, '_> {
    /// The chain that does `action` for the packets of a class and nothing for others.
    pub(super) fn class_chain(
        &mut self,
        maps: &Maps<'a>,
        class: Word<'a>,
        action: Action,
        depth: usize,
    ) -> ListId {
        let label = format!("class-map {}", class.text);
        self.chains.made += 1;
        let depth = if self.chains.made > CHAINS { DEPTH } else { depth };
        let Some(map) = maps.classes.get(class.text).filter(|_| depth < DEPTH) else {
            let name = class.text.to_owned();
            let remark = match depth < DEPTH {
                true => Remark::Undefined { kind: "class-map", name, span: class.span },
                false => Remark::Recursive { name, span: class.span },
            };
            self.build.device.remarks.push(remark);
            let reason = text!(
                "クラスマップの条件を特定できません。",
                "what this class-map matches is not known"
            );
            let new = self.guess(&label, reason, class.span, action);
            return self.build.list(&label, vec![new]);
        };
        if map.matches.is_empty() || map.all && map.matches.len() > ALL_LIMIT {
            let reason = text!(
                "条件がないか、多すぎるクラスマップです。",
                "a class-map without a condition, or with too many"
            );
            let new = self.guess(&label, reason, map.span, action);
            return self.build.list(&label, vec![new]);
        }
        if !map.all {
            let mut lines = Vec::new();
            for criterion in &map.matches {
                let mut own = self.criterion(maps, &label, criterion, action, depth);
                if criterion.word(1) == "not" {
                    // What it leaves out returns, to the next criterion and not out of the class.
                    let span = criterion.span;
                    let chain = Action::Jump(self.build.list(&label, own));
                    let matches = self.build.everything(None, span);
                    own = vec![line(label.clone(), matches, chain, span)];
                }
                lines.append(&mut own);
            }
            return self.build.list(&label, lines);
        }
        let mut then = action;
        for criterion in map.matches.iter().rev() {
            let lines = self.criterion(maps, &label, criterion, then, depth);
            then = Action::Jump(self.build.list(&label, lines));
        }
        match then {
            Action::Jump(list) => list,
            _ => self.build.list(&label, Vec::new()),
        }
    }

    /// A line that may match anything.
    fn guess(
        &mut self,
        label: &str,
        reason: crate::text::Text,
        span: Span,
        action: Action,
    ) -> Line {
        let mut matches = self.build.everything(None, span);
        matches.unknown.push(unknown(reason, span));
        line(label.to_owned(), matches, action, span)
    }

    fn criterion(
        &mut self,
        maps: &Maps<'a>,
        label: &str,
        sub: &ConfigLine<'a>,
        action: Action,
        depth: usize,
    ) -> Vec<Line> {
        let negated = sub.word(1) == "not";
        let at = 1 + usize::from(negated);
        let (hit, miss) = if negated { (Action::Return, action) } else { (action, Action::Return) };
        let last = sub.words.last().copied();
        let mut lines = match (sub.word(0), sub.word(at), last) {
            ("match", "access-group", Some(name)) => self.by_list(label, sub, name, hit, miss),
            ("match", "protocol", Some(_)) => self.by_protocol(maps, label, sub, at + 1, hit),
            ("match", "class-map", Some(name)) if !negated => {
                let chain = self.class_chain(maps, name, action, depth + 1);
                let matches = self.build.everything(None, sub.span);
                vec![line(label.to_owned(), matches, Action::Jump(chain), sub.span)]
            }
            _ => {
                let reason = text!(
                    "クラスマップのこの条件は評価しません。",
                    "this class-map condition is not evaluated"
                );
                self.ledger.unsupported(sub.span, reason.clone());
                return vec![self.guess(label, reason, sub.span, action)];
            }
        };
        if negated {
            let matches = self.build.everything(None, sub.span);
            lines.push(line(label.to_owned(), matches, action, sub.span));
        }
        lines
    }

    fn by_list(
        &mut self,
        label: &str,
        sub: &ConfigLine<'a>,
        name: Word<'a>,
        hit: Action,
        miss: Action,
    ) -> Vec<Line> {
        let family = if sub.word(2) == "ipv6" { Family::V6 } else { Family::V4 };
        let defined = self.acls.defined(Family::V4, name.text);
        let family =
            if !defined && self.acls.defined(Family::V6, name.text) { Family::V6 } else { family };
        match self.acl(family, name) {
            Found::List(list) if miss == Action::Return => {
                let chain = self.derive(list, hit, miss);
                let matches = self.build.everything(Some(family), sub.span);
                vec![line(label.to_owned(), matches, Action::Jump(chain), sub.span)]
            }
            // Inverted: the lines stand in this list itself, so that a hit leaves it.
            Found::List(list) => {
                let chain = self.derive(list, hit, miss);
                self.build.device.lists[chain].lines.clone()
            }
            _ => {
                let reason = text!(
                    "クラスマップのアクセスリストが未定義または空です。",
                    "the access list of this class-map is undefined or empty"
                );
                self.ledger.unsupported(sub.span, reason.clone());
                vec![self.guess(label, reason, sub.span, hit)]
            }
        }
    }

    fn by_protocol(
        &mut self,
        maps: &Maps<'a>,
        label: &str,
        sub: &ConfigLine<'a>,
        at: usize,
        hit: Action,
    ) -> Vec<Line> {
        let name = sub.word(at);
        let span = sub.span;
        let mut matches = self.build.everything(None, span);
        let table = PAM.iter().find(|(known, _)| *known == name).map(|(_, ports)| *ports);
        let added = maps.ports.get(name).map_or(&[][..], Vec::as_slice);
        let whole: &[u8] = match name {
            "tcp" => &[6],
            "udp" => &[17],
            "icmp" => &[1, 58],
            "icmpv6" => &[58],
            _ => &[],
        };
        if whole.is_empty() && table.is_none() && added.is_empty() {
            let reason = text!(
                "「match protocol {name}」のポートは表にないため、どの通信にも一致し得ると読みます。",
                "the ports of match protocol {name} are not in the table; it may match anything"
            );
            self.ledger.unsupported(span, reason.clone());
            return vec![self.guess(label, reason, span, hit)];
        }
        let any = crate::model::TcpFlags::ANY;
        let range = |first, last| PortRange::new(first, last).unwrap_or(PortRange::ALL);
        let mut members: Vec<_> =
            whole.iter().map(|number| self.build.protocol(*number, span)).collect();
        for (protocol, first, last) in table.unwrap_or(&[]) {
            members.push(self.build.ports(
                *protocol,
                PortRange::ALL,
                range(*first, *last),
                any,
                span,
            ));
        }
        let mut uncertain = Vec::new();
        for (protocol, first, last, list) in added {
            let id = self.build.ports(*protocol, PortRange::ALL, range(*first, *last), any, span);
            if list.is_some() { uncertain.push(id) } else { members.push(id) }
        }
        let mut lines = Vec::new();
        if !uncertain.is_empty() {
            let reason =
                text!("一部の宛先だけのポート割り当てです。", "a port mapping for some hosts only");
            let mut new = self.guess(label, reason, span, hit);
            new.matches.service = self.build.services(uncertain, span);
            lines.push(new);
        }
        matches.service = self.build.services(members, span);
        lines.push(line(label.to_owned(), matches, hit, span));
        lines
    }
}

//! Statements that change a packet or its way instead of deciding about it.

use super::condition::Cond;
use super::rule::Draft;
use super::{Hook, Lower, Place};
use crate::formats::builder::unknown;
use crate::formats::nftables::tree::{Answer, Expr, Verdict};
use crate::model::{Interfaces, PolicyRoute, Translated};
use crate::net::Family;
use crate::text;

/// So many rules may give a way of their own; with more, every packet may go anywhere.
const ROUTES: usize = 64;

impl<'r> Lower<'r> {
    /// A copy, or the packet itself, is sent past the filters.
    pub(super) fn aside(&mut self, draft: &mut Draft, word: &str, place: Place<'_>) {
        let reason = text!(
            "「{word}」はフィルターを通さずにパケット（の写し）を送り出すため、この機器のすべての判定を不確実とします。",
            "{word} sends packets or copies past the filters; everything on this device becomes uncertain"
        );
        self.undecided(draft, reason.clone(), place);
        self.unknown(place, reason.clone(), false);
        let mut cond = self.start(place);
        cond.doubt(unknown(reason, place.span));
        self.policy_route(&cond, place);
    }

    /// Drops the packets that the answer is for; the others go on behind the rule, as if it were not there.
    pub(super) fn reject(&mut self, draft: &mut Draft, answer: Answer, place: Place<'r>) {
        for cond in &mut draft.conds {
            match answer {
                Answer::Fitting => {}
                Answer::Icmp => cond.family(Family::V4),
                Answer::Icmpv6 => cond.family(Family::V6),
                Answer::Reset => self.protocol(cond, 6, place),
            }
        }
        self.emit(draft, &Verdict::Drop, place);
    }

    /// Changes of marks may change the route, changes of addresses everything.
    pub(super) fn mangle(&mut self, draft: &mut Draft, key: &Expr, place: Place<'_>) {
        match key {
            Expr::Payload { protocol, field } => {
                let header = ["ip", "ip6"].contains(&protocol.as_str())
                    && ["saddr", "daddr"].contains(&field.as_str());
                let port = ["sport", "dport"].contains(&field.as_str());
                if header || port {
                    self.rewrite_field(draft, field, place);
                }
            }
            Expr::Meta(key) if key == "mark" => {
                if place.site.hook <= Hook::Prerouting {
                    let reason = text!(
                        "経路決定前のマーク変更は、別の経路表を選ぶ可能性があるものとして読みます。",
                        "a mark set before the route may select another routing table"
                    );
                    self.unsupported(place, reason.clone());
                    for mut cond in draft.conds.clone() {
                        cond.doubt(unknown(reason.clone(), place.span));
                        self.policy_route(&cond, place);
                    }
                }
            }
            Expr::Meta(_) | Expr::Ct { .. } => {}
            Expr::Other(words) if words.starts_with("tcp option") || words == "tcp option" => {}
            _ => {
                let reason = text!("変更の対象を解釈できません。", "what is changed is not known");
                self.unknown(place, reason, false);
            }
        }
    }

    fn policy_route(&mut self, cond: &Cond, place: Place<'_>) {
        if cond.never || self.routes.len() > ROUTES {
            return;
        }
        let mut matches = self.matches(cond, place);
        let every = self.builder.everything(None, place.span);
        if self.routes.len() == ROUTES {
            let unknown = std::mem::take(&mut matches.unknown);
            matches = crate::model::Match { unknown, ..every };
        } else if self.translates {
            // The rule sees the packet before its destination is translated, the route afterwards.
            (matches.destination, matches.service) = (every.destination, every.service);
        }
        matches.egress = Interfaces::Any;
        matches.translated = Translated::Ignored;
        self.routes.push(PolicyRoute { matches, next_hop: None, span: place.span });
    }
}

//! Conditions on connections and TCP flags.

use super::condition::Cond;
use super::{Lower, Place};
use crate::formats::nftables::names;
use crate::formats::nftables::tree::{Expr, Op};
use crate::model::{ServiceId, TcpFlags, Translated};
use crate::net::{PortRange, State};

/// Connections.
impl Lower<'_> {
    /// TCP flags. Without an operator any of the flags, with `==` exactly these, with `!` none of them.
    pub(super) fn by_flags(
        &mut self,
        cond: &mut Cond,
        mask: Option<&Expr>,
        (op, right): (Op, &Expr),
        place: Place<'_>,
    ) {
        let values = self.values(right, place);
        let bits =
            |exprs: &[&Expr]| exprs.iter().try_fold(0u8, |all, expr| Some(all | flags(expr)?));
        let mask_bits = mask.map_or(Some(0xff), flags);
        let each: Option<Vec<u8>> = values.items.iter().map(|item| flags(item)).collect();
        let (Some(mask_bits), Some(each), Some(all)) = (mask_bits, each, bits(&values.items))
        else {
            return self.doubt(cond, "tcp flags", place);
        };
        if values.open.is_some() || values.rest || each.is_empty() {
            return self.doubt(cond, "tcp flags", place);
        }
        let exact = |value: u8| TcpFlags { mask: mask_bits, value };
        let wanted: Vec<TcpFlags> = match op {
            Op::Implicit if mask.is_none() && !values.braces && all != 0 => {
                let single = (0..8).map(|bit| 1u8 << bit).filter(|bit| all & bit != 0);
                single.map(|bit| TcpFlags { mask: bit, value: bit }).collect()
            }
            Op::Without => vec![TcpFlags { mask: all & mask_bits, value: 0 }],
            Op::Implicit | Op::Eq | Op::Ne if values.braces => {
                each.iter().map(|v| exact(*v)).collect()
            }
            Op::Implicit | Op::Eq | Op::Ne => vec![exact(all)],
            _ => return self.doubt(cond, "tcp flags", place),
        };
        let span = place.span;
        let possible = wanted.iter().filter(|flags| flags.value & !flags.mask == 0);
        let members: Vec<TcpFlags> = possible.copied().collect();
        let all = PortRange::ALL;
        let members = members.into_iter().map(|flags| self.builder.ports(6, all, all, flags, span));
        let members: Vec<ServiceId> = members.collect();
        let set = self.builder.services(members, span);
        let tcp = self.builder.protocol(6, span);
        let set = if op == Op::Ne { self.builder.service_except(tcp, set, span) } else { set };
        self.service(cond, set, place);
    }

    pub(super) fn state(
        &mut self,
        mut cond: Cond,
        op: Op,
        right: &Expr,
        place: Place<'_>,
    ) -> Vec<Cond> {
        let values = self.values(right, place);
        let (mut listed, mut untracked) = (Vec::new(), false);
        for item in &values.items {
            match item.as_word() {
                Some("untracked") => untracked = true,
                Some(word) => match State::ALL.into_iter().find(|state| state.id() == word) {
                    Some(state) => listed.push(state),
                    None => return self.doubtful(cond, "ct state", place),
                },
                None => return self.doubtful(cond, "ct state", place),
            }
        }
        let unread = values.open.is_some() || values.rest || values.items.is_empty();
        if unread || place.site.early || matches!(op, Op::Lt | Op::Gt | Op::Le | Op::Ge) {
            return self.doubtful(cond, "ct state", place);
        }
        let not = matches!(op, Op::Ne | Op::Without);
        if self.untracked.is_some() {
            if !not && !untracked {
                cond.states(&listed);
            }
            return self.doubtful(cond, "ct state (notrack)", place);
        }
        let others: Vec<State> =
            State::ALL.into_iter().filter(|state| !listed.contains(state)).collect();
        // `==` and `!=` compare with all the bits of a list together, which no packet has; what the words mean to say and what
        // the kernel does differ, and differ between versions.
        let together = values.items.len() > 1 && !values.braces && matches!(op, Op::Eq | Op::Ne);
        match (together, not) {
            (false, false) => cond.states(&listed),
            (false, true) => cond.states(&others),
            (true, false) => {
                cond.states(&listed);
                return self.doubtful(cond, "ct state == …,…", place);
            }
            (true, true) => {
                let mut sure = cond.clone();
                sure.states(&others);
                cond.states(&listed);
                return [vec![sure], self.doubtful(cond, "ct state != …,…", place)].concat();
            }
        }
        vec![cond]
    }

    fn doubtful(&mut self, mut cond: Cond, words: &str, place: Place<'_>) -> Vec<Cond> {
        self.doubt(&mut cond, words, place);
        vec![cond]
    }

    /// The packet that opens a connection goes in its original direction.
    pub(super) fn direction(
        &mut self,
        mut cond: Cond,
        op: Op,
        right: &Expr,
        place: Place<'_>,
    ) -> Vec<Cond> {
        let original = match (right.as_word(), op) {
            (Some("original" | "0"), Op::Implicit | Op::Eq) | (Some("reply" | "1"), Op::Ne) => true,
            (Some("reply" | "1"), Op::Implicit | Op::Eq) | (Some("original" | "0"), Op::Ne) => {
                false
            }
            _ => return self.doubtful(cond, "ct direction", place),
        };
        if place.site.early || self.untracked.is_some() {
            return self.doubtful(cond, "ct direction", place);
        }
        let mut first = cond.clone();
        first.states(&[State::New]);
        cond.states(&[State::Established, State::Related, State::Invalid]);
        let mut out = self.doubtful(cond, "ct direction", place);
        if original {
            out.insert(0, first);
        }
        out
    }

    /// Whether the destination was translated. `!=` compares with all bits at once and is not decided.
    pub(super) fn status(&mut self, cond: &mut Cond, op: Op, right: &Expr, place: Place<'_>) {
        let settled = self.untracked.is_none()
            && cond.translated == Translated::Ignored
            && right.as_word() == Some("dnat");
        match op {
            Op::Implicit if settled => cond.translated = Translated::Touched,
            Op::Without if settled => cond.translated = Translated::Untouched,
            _ => self.doubt(cond, "ct status", place),
        }
    }
}

/// The bits of a flag, or of flags together.
fn flags(expr: &Expr) -> Option<u8> {
    match expr {
        Expr::Word(word) => u8::try_from(names::tcp_flag(word)?).ok(),
        Expr::List(items) => items.iter().try_fold(0u8, |all, item| match item {
            Expr::Word(word) => Some(all | u8::try_from(names::tcp_flag(word)?).ok()?),
            _ => None,
        }),
        _ => None,
    }
}

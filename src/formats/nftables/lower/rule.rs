//! Rules to lines: conditions gather from left to right, and whatever ends the rule makes the lines.

use super::condition::Cond;
use super::sets::verdict;
use super::{LINE_LIMIT, Lower, Place, Site};
use crate::formats::builder::{line, unknown};
use crate::formats::nftables::tree::{
    Account, Chain, DEPTH_LIMIT, Expr, Layer, Op, Rule, Statement, Verdict,
};
use crate::model::{Action, Line, ListId};
use crate::net::{Family, State};
use crate::text;
use crate::text::Text;

/// The most elements of a concatenation that become lines of one rule.
const ELEMENT_LIMIT: usize = 1 << 16;

/// A rule as far as it was read.
pub(super) struct Draft {
    pub(super) conds: Vec<Cond>,
    /// What the conditions exclude: elements of a negated concatenation.
    except: Vec<Cond>,
    pub(super) lines: Vec<Line>,
    pub(super) label: String,
    log: bool,
    comment: Option<String>,
    /// Whether the rule stands in the base chain itself.
    pub(super) top: bool,
}

impl<'r> Lower<'r> {
    /// The list of a chain at a site; made once.
    pub(super) fn chain_list(
        &mut self,
        table: usize,
        at: usize,
        site: Site,
        top: bool,
    ) -> Option<ListId> {
        if let Some(list) = self.lists.get(&(table, at, site)) {
            return Some(*list);
        }
        if self.open.contains(&(table, at)) || self.open.len() >= DEPTH_LIMIT {
            return None;
        }
        let chain = self.chain(table, at)?;
        self.open.push((table, at));
        let lines = self.chain_lines(table, chain, site, top);
        self.open.pop();
        let owner = self.table(table)?;
        let name = format!("{} {} {}", owner.family.id(), owner.name, chain.name);
        let list = self.builder.list(&name, lines);
        self.lists.insert((table, at, site), list);
        Some(list)
    }

    fn chain_lines(&mut self, table: usize, chain: &'r Chain, site: Site, top: bool) -> Vec<Line> {
        let Some(owner) = self.table(table) else { return Vec::new() };
        let mut lines = Vec::new();
        for (number, rule) in chain.rules.iter().enumerate() {
            let place = Place {
                table,
                layer: owner.family,
                rule: rule.id,
                span: rule.span,
                site,
                names: (&owner.name, &chain.name),
            };
            lines.extend(self.rule(place, rule, number, top));
        }
        self.lines += lines.len();
        lines
    }

    /// What every packet at the place meets before the first statement.
    pub(super) fn start(&self, place: Place<'_>) -> Cond {
        let mut cond = Cond::default();
        match place.layer {
            Layer::Ip => cond.family(Family::V4),
            Layer::Ip6 => cond.family(Family::V6),
            _ => {}
        }
        if place.site.nat.is_some() {
            // The kernel consults translation chains for the first packet of a connection and does the same to the later ones.
            cond.states(&[State::New, State::Established, State::Related]);
            if let Some(span) = self.untracked {
                cond.doubt(unknown(
                    text!(
                        "notrack のあるルールセットでは、追跡対象外のパケットは変換されません。",
                        "a packet that notrack exempts from tracking is not translated"
                    ),
                    span,
                ));
            }
        }
        cond
    }

    fn rule(&mut self, place: Place<'r>, rule: &'r Rule, number: usize, top: bool) -> Vec<Line> {
        self.account(place.rule, Account::Used);
        let name = match rule.handle {
            Some(handle) => format!("handle {handle}"),
            None => format!("rule {}", number + 1),
        };
        let (table, chain) = place.names;
        let mut draft = Draft {
            conds: vec![self.start(place)],
            except: Vec::new(),
            lines: Vec::new(),
            label: format!("{} {table} {chain} {name}", place.layer.id()),
            log: rule.statements.contains(&Statement::Log),
            comment: rule.comment.clone(),
            top,
        };
        for statement in &rule.statements {
            draft.conds.retain(|cond| !cond.never);
            if draft.conds.len() > ELEMENT_LIMIT || self.lines > LINE_LIMIT {
                self.too_many(&mut draft, place);
            }
            if !self.statement(&mut draft, statement, place) {
                break;
            }
        }
        draft.lines
    }

    fn too_many(&mut self, draft: &mut Draft, place: Place<'_>) {
        let mut cond = self.start(place);
        self.doubt(&mut cond, "{ … } (elements)", place);
        draft.conds = vec![cond];
        draft.except.clear();
    }

    /// Takes in one statement; false when nothing after it can have an effect.
    fn statement(&mut self, draft: &mut Draft, statement: &'r Statement, place: Place<'r>) -> bool {
        match statement {
            Statement::Match { left, op, right } => self.condition(draft, left, *op, right, place),
            Statement::Verdict(verdict) => {
                self.emit(draft, verdict, place);
                return *verdict == Verdict::Continue;
            }
            Statement::Reject(answer) => {
                self.reject(draft, *answer, place);
                return false;
            }
            Statement::Vmap { key, data } => {
                self.vmap(draft, key, data, place);
            }
            Statement::Nat(nat) => {
                self.translate(draft, nat, place);
                return false;
            }
            Statement::Mangle { key } => self.mangle(draft, key, place),
            Statement::Update { set } => self.doubt_all(draft, &format!("@{set}"), place),
            Statement::Limit(word) => self.doubt_all(draft, word, place),
            Statement::Inert | Statement::Log | Statement::Flow => {}
            Statement::Notrack => {
                let reason = text!(
                    "notrack があるため、ct state を使う条件はすべて不確実として読みます。",
                    "because of notrack every condition on ct state is read as uncertain"
                );
                self.unsupported(place, reason);
            }
            Statement::Elsewhere(word) => {
                let reason = text!(
                    "「{word}」の結果はルールセットだけでは決まらないため、許可も拒否もあり得るものとして読みます。",
                    "what {word} does is not decided by the ruleset; the packet may pass or be dropped"
                );
                self.undecided(draft, reason.clone(), place);
                self.unsupported(place, reason);
            }
            Statement::Aside(word) => self.aside(draft, word, place),
            Statement::Unknown(words) => {
                let reason = text!(
                    "「{words}」は解釈できないため、このルールは何をするか分からないものとして読みます。",
                    "`{words}` is not known; the rule may do anything"
                );
                self.undecided(draft, reason.clone(), place);
                self.unknown(place, reason, true);
            }
        }
        true
    }

    fn doubt_all(&mut self, draft: &mut Draft, words: &str, place: Place<'_>) {
        for cond in &mut draft.conds {
            self.doubt(cond, words, place);
        }
    }

    fn condition(
        &mut self,
        draft: &mut Draft,
        left: &Expr,
        op: Op,
        right: &'r Expr,
        place: Place<'r>,
    ) {
        let Expr::Concat(keys) = left else {
            let conds = std::mem::take(&mut draft.conds);
            for cond in conds {
                draft.conds.extend(self.restrict(cond, left, op, right, place));
            }
            return;
        };
        let values = self.values(right, place);
        let not = op == Op::Ne;
        let mut open = values.open.is_some() || values.rest || values.items.len() > ELEMENT_LIMIT;
        open |= !matches!(op, Op::Implicit | Op::Eq | Op::Ne);
        if not {
            for cond in &mut draft.conds {
                keys.iter().for_each(|key| self.present(cond, key, place));
            }
        }
        let starts = if not { vec![self.start(place)] } else { std::mem::take(&mut draft.conds) };
        let mut found = Vec::new();
        for cond in &starts {
            let room = ELEMENT_LIMIT.saturating_sub(found.len());
            open |= values.items.len() > room;
            for item in values.items.iter().take(room) {
                match self.element(cond, keys, item, place) {
                    Some(conds) => found.extend(conds),
                    None => open = true,
                }
            }
        }
        if open {
            for cond in if not { &mut draft.conds } else { &mut found } {
                self.doubt(cond, "{ … }", place);
            }
        }
        match (not, open) {
            (true, _) => draft.except.extend(found.into_iter().filter(|cond| !cond.never)),
            (false, false) => draft.conds = found,
            (false, true) => {
                // Elements that are not known: every packet that has the fields at all.
                for mut cond in starts {
                    self.doubt(&mut cond, "{ … }", place);
                    found.push(cond);
                }
                draft.conds = found;
            }
        }
    }

    /// The conditions of one element of a concatenation; `None` when it does not fit the keys.
    fn element(
        &mut self,
        cond: &Cond,
        keys: &[Expr],
        item: &Expr,
        place: Place<'_>,
    ) -> Option<Vec<Cond>> {
        let parts = match item {
            Expr::Concat(parts) if parts.len() == keys.len() => parts,
            _ => return None,
        };
        let mut conds = vec![cond.clone()];
        for (key, part) in keys.iter().zip(parts) {
            if *part == Expr::Rest {
                continue;
            }
            let now = std::mem::take(&mut conds);
            for cond in now {
                conds.extend(self.restrict(cond, key, Op::Eq, part, place));
            }
        }
        Some(conds)
    }

    /// The conditions under which a key has a value of a map.
    pub(super) fn keyed(
        &mut self,
        cond: &Cond,
        key: &Expr,
        value: &Expr,
        place: Place<'_>,
    ) -> Vec<Cond> {
        if let Expr::Concat(keys) = key {
            if let Some(conds) = self.element(cond, keys, value, place) {
                return conds;
            }
            let mut cond = cond.clone();
            self.doubt(&mut cond, "{ … }", place);
            return vec![cond];
        }
        self.restrict(cond.clone(), key, Op::Eq, value, place)
    }

    fn vmap(&mut self, draft: &mut Draft, key: &Expr, data: &'r Expr, place: Place<'r>) {
        let pairs = self.pairs(data, place);
        let starts = std::mem::take(&mut draft.conds);
        let room = ELEMENT_LIMIT / starts.len().max(1);
        let whole = pairs.items.len() <= room && pairs.open.is_none();
        let passes = |data: &Expr| verdict(data) == Some(&Verdict::Continue);
        let skips = pairs.rest.is_some() && pairs.items.iter().any(|(_, data)| passes(data));
        let mut on = Vec::new();
        for start in &starts {
            for (value, data) in pairs.items.iter().take(room) {
                let mut conds = self.keyed(start, key, value, place);
                conds.retain(|cond| !cond.never);
                if !whole || skips {
                    conds.iter_mut().for_each(|cond| self.doubt(cond, "vmap", place));
                }
                self.lookup(draft, conds, data, &mut on, place);
            }
            if !whole || skips {
                let mut cond = start.clone();
                self.doubt(&mut cond, "vmap", place);
                draft.conds = vec![cond];
                let reason = text!("マップの内容が確定しません。", "the map is not certain");
                self.undecided(draft, reason, place);
                on.append(&mut draft.conds);
            } else if let Some(data) = pairs.rest {
                self.lookup(draft, vec![start.clone()], data, &mut on, place);
            }
        }
        draft.conds = on;
    }

    /// One element of a verdict map; `on`: where the rule goes on.
    fn lookup(
        &mut self,
        draft: &mut Draft,
        conds: Vec<Cond>,
        data: &Expr,
        on: &mut Vec<Cond>,
        place: Place<'r>,
    ) {
        draft.conds = conds;
        match verdict(data) {
            Some(Verdict::Continue) => on.append(&mut draft.conds),
            Some(verdict) => {
                let verdict = verdict.clone();
                self.emit(draft, &verdict, place);
            }
            None => {
                let reason = self.unreadable(data, place);
                self.undecided(draft, reason, place);
            }
        }
    }

    /// Lines that end the rule for the packets of its conditions.
    pub(super) fn emit(&mut self, draft: &mut Draft, verdict: &Verdict, place: Place<'r>) {
        let action = match verdict {
            Verdict::Continue => return,
            Verdict::Accept => self.accept(draft.top, place),
            Verdict::Drop => Action::Deny,
            Verdict::Return => Action::Return,
            Verdict::Jump(name) | Verdict::Goto(name) => self.jump(name, place),
        };
        let goes = matches!(verdict, Verdict::Goto(_)) && action != Action::Undecided;
        let conds: Vec<Cond> = draft.conds.iter().filter(|cond| !cond.never).cloned().collect();
        if !draft.except.is_empty() && (goes || action == Action::Return) {
            // Such a rule would leave the list that holds its exceptions, not its own.
            draft.conds = conds;
            self.doubt_all(draft, "!= { … }", place);
            let reason = text!("除外の条件が確定しません。", "the exceptions are not certain");
            return self.undecided(draft, reason, place);
        }
        let mut lines = Vec::new();
        for cond in &conds {
            lines.push(self.line(draft, cond, action, place));
            if goes {
                lines.push(self.line(draft, cond, Action::Return, place));
            }
        }
        self.put(draft, lines, place);
    }

    /// Adds lines to the rule; behind its exceptions, when it has some.
    pub(super) fn put(&mut self, draft: &mut Draft, lines: Vec<Line>, place: Place<'_>) {
        if draft.except.is_empty() || lines.is_empty() {
            draft.lines.extend(lines);
            return;
        }
        let except = draft.except.clone();
        let mut inner: Vec<Line> = Vec::new();
        for cond in &except {
            inner.push(self.line(draft, cond, Action::Return, place));
        }
        inner.extend(lines);
        let list = self.builder.list(&draft.label, inner);
        let start = self.start(place);
        let jump = self.line(draft, &start, Action::Jump(list), place);
        draft.lines.push(jump);
    }

    pub(super) fn line(
        &mut self,
        draft: &Draft,
        cond: &Cond,
        action: Action,
        place: Place<'_>,
    ) -> Line {
        let matches = self.matches(cond, place);
        let mut line = line(draft.label.clone(), matches, action, place.span);
        line.log = Some(draft.log);
        line.comment.clone_from(&draft.comment);
        line
    }

    /// `accept` ends the base chain, not what other chains do: where several chains of a hook translate, the next one is asked.
    fn accept(&self, top: bool, place: Place<'_>) -> Action {
        match place.site.nat {
            None | Some(true) => Action::Permit,
            Some(false) if top => Action::Return,
            Some(false) => Action::Undecided,
        }
    }

    fn jump(&mut self, name: &str, place: Place<'r>) -> Action {
        let at = self.table(place.table).and_then(|table| table.find_chain(name));
        let Some(at) = at else {
            self.builder.undefined("chain", name, place.span);
            let reason = text!(
                "チェイン「{name}」が定義されていません。",
                "the chain {name} is not defined"
            );
            self.unknown(place, reason, true);
            return Action::Undecided;
        };
        match self.chain_list(place.table, at, place.site, false) {
            Some(list) => Action::Jump(list),
            None => {
                let reason = text!(
                    "チェイン「{name}」への移動が循環しているか、深すぎます。",
                    "the jump to {name} goes in a circle or too deep"
                );
                self.unknown(place, reason, true);
                Action::Undecided
            }
        }
    }

    /// The rule may permit, deny or go on; what follows in it may still apply.
    pub(super) fn undecided(&mut self, draft: &mut Draft, reason: Text, place: Place<'_>) {
        let mut lines = Vec::new();
        let mut conds = std::mem::take(&mut draft.conds);
        for cond in conds.iter_mut().filter(|cond| !cond.never) {
            cond.doubt(unknown(reason.clone(), place.span));
            lines.push(self.line(draft, cond, Action::Undecided, place));
        }
        draft.conds = conds;
        // The exceptions are left out: the line is as wide as it can be.
        draft.lines.extend(lines);
    }
}

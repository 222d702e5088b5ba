//! Sheets as a device.

use super::super::builder::{self, Builder};
use super::super::{Input, Ledger, Reading};
use crate::model::{
    Action, AddressId, AddressMap, AddressWithin, Binding, Context, DynamicRouting, Filter,
    InterfaceId, Interfaces, Line, Match, Rewrite, Schedule, ScheduleId, ServiceId, Stage,
    TcpFlags, Translate, UNSTATED,
};
use crate::net::flow;
use crate::sheet::service::ServiceWord;
use crate::sheet::{self, Kind, Names, Party, Rule, RuleSheet, Sheet, Translation, words};
use crate::source::Span;
use crate::text;
use std::collections::BTreeMap;

/// The interface that stands for those which neither the rules nor the topology name.
const OTHER: &str = "other";

pub(super) fn read(files: &[Input<'_>], interfaces: &[String]) -> Reading {
    let mut ledgers: Vec<Ledger<'_>> =
        files.iter().map(|input| Ledger::new(input.id, input.file)).collect();
    let sheets: Vec<Option<Sheet>> =
        files.iter().map(|input| sheet::open(input.id, input.file).filter(is_part)).collect();
    for ((input, sheet), ledger) in files.iter().zip(&sheets).zip(&mut ledgers) {
        if sheet.is_none() && !input.file.text().trim().is_empty() {
            nothing(input, ledger);
        }
    }
    let mut names = Names::default();
    interfaces.iter().for_each(|name| names.zone(name));
    if !interfaces.is_empty() {
        names.close();
    }
    // Services and addresses first: the rules refer to them.
    for (sheet, ledger) in sheets.iter().zip(&mut ledgers) {
        if let Some(sheet) = sheet.as_ref().filter(|sheet| is_list(sheet)) {
            define(sheet, &mut names, ledger);
        }
    }
    let mut device = Table { builder: Builder::default(), zones: BTreeMap::new(), schedule: None };
    let place = files.first().map(|input| Span { file: input.id, start: 0, end: 0 });
    let Some(place) = place else {
        return Reading { device: device.builder.device, coverage: Vec::new() };
    };
    device.builder.device.name = builder::stem(files.first().map_or("", |input| input.file.path()));
    device.builder.device.format = super::FORMAT.id;
    let mut parts = Vec::new();
    for (sheet, ledger) in sheets.iter().zip(&mut ledgers) {
        if let Some(sheet) = sheet.as_ref().filter(|sheet| !is_list(sheet)) {
            account(sheet, ledger);
            parts.push((sheet, sheet::rule::read(sheet, &mut names), ledger));
        }
    }
    device.interfaces(interfaces, &names, place);
    device.fill(&mut parts, place);
    drop(parts);
    Reading {
        device: device.builder.device,
        coverage: ledgers.into_iter().map(Ledger::close).collect(),
    }
}

fn is_part(sheet: &Sheet) -> bool {
    sheet.header.kind != Kind::Zones
}

/// No row of the file names columns, so nothing in it is known.
fn nothing(input: &Input<'_>, ledger: &mut Ledger<'_>) {
    let end = u32::try_from(input.file.text().trim_end().len()).unwrap_or(u32::MAX);
    let whole = Span { file: input.id, start: 0, end };
    let reason = text!(
        "表の見出し（送信元・宛先・サービス・アクション）が見つかりません。",
        "no row names the columns of a rule table (source, destination, service, action)"
    );
    ledger.unknown(whole, reason, false);
}

fn is_list(sheet: &Sheet) -> bool {
    matches!(sheet.header.kind, Kind::Objects | Kind::Services)
}

/// Lists of objects and services: what could not be read is not defined, and each rule that names it is uncertain.
fn define(sheet: &Sheet, names: &mut Names, ledger: &mut Ledger<'_>) {
    use crate::sheet::Entry;
    for row in sheet.rows.iter().take(sheet.header.body) {
        ledger.irrelevant(row.span(sheet.file));
    }
    for entry in names.define(sheet) {
        match entry {
            Entry::Read(span) => ledger.used(span),
            Entry::Nothing(span) => ledger.irrelevant(span),
            Entry::Doubtful(span) => ledger.unknown(
                span,
                text!(
                    "この定義は読み取れないか、同じ名称が2回定義されています。この名称を使う規則は、該当するかもしれないものとして読みます。",
                    "this definition cannot be read, or its name is defined twice; rules that use it may apply to anything"
                ),
                true,
            ),
        }
    }
}

/// The header rows; an unknown heading is told once, its cells make their rules uncertain.
fn account(sheet: &Sheet, ledger: &mut Ledger<'_>) {
    let header = sheet.rows.iter().take(sheet.header.body).skip(sheet.header.first);
    header.for_each(|row| ledger.used(row.span(sheet.file)));
}

struct Table {
    builder: Builder,
    /// Interfaces by the key of their name.
    zones: BTreeMap<String, InterfaceId>,
    schedule: Option<ScheduleId>,
}

type Part<'s, 'l, 'f> = (&'s Sheet, RuleSheet, &'l mut Ledger<'f>);

impl Table {
    /// Declared interfaces, those that rules name, and one for all others when the topology declares none.
    fn interfaces(&mut self, declared: &[String], names: &Names, place: Span) {
        let mut wanted: Vec<&str> = declared.iter().map(String::as_str).collect();
        wanted.extend(names.zones.values().map(String::as_str));
        // No rule is bound to these; where zones are a table, each is an error.
        wanted.extend(names.strangers.values().map(String::as_str));
        if declared.is_empty() {
            wanted.push(OTHER);
            if names.zones.is_empty() {
                wanted.push("other-2");
            }
        }
        for name in wanted {
            let key = words::key(name);
            if !self.zones.contains_key(&key) {
                let id = self.builder.interface(name, place);
                if name != OTHER && name != "other-2" {
                    self.builder.device.interfaces[id].zone = Some(name.to_owned());
                }
                self.zones.insert(key, id);
            }
        }
    }

    fn fill(&mut self, parts: &mut [Part<'_, '_, '_>], place: Span) {
        let (mut lines, mut sources) = (Vec::new(), Vec::new());
        let mut default = None;
        let mut whole = place;
        for (index, (sheet, rules, ledger)) in parts.iter_mut().enumerate() {
            if index == 0 {
                whole = header_span(sheet).unwrap_or(place);
            }
            self.notes(sheet, rules, ledger, index);
            let disorder = rules.disorder.take();
            if let Some(doubt) = &disorder {
                ledger.unknown(doubt.span, doubt.message.clone(), true);
            }
            for rule in &rules.rules {
                rule_account(rule, ledger);
                let mut made = self.lines(rule);
                if let Some(doubt) = &disorder {
                    let unknown = || builder::unknown(doubt.message.clone(), doubt.span);
                    made.iter_mut().for_each(|line| line.matches.unknown.push(unknown()));
                }
                if rule.translation == Translation::Source {
                    sources.extend(self.translation(&made, rule));
                }
                lines.extend(made);
            }
            default = default.or(rules.default);
        }
        self.pipeline(lines, sources, default, whole);
    }

    /// Everything in a sheet that is no rule.
    fn notes(&self, sheet: &Sheet, rules: &RuleSheet, ledger: &mut Ledger<'_>, index: usize) {
        rules.inert.iter().for_each(|span| ledger.irrelevant(*span));
        for span in &rules.unread {
            let reason = text!(
                "この行は規則としても注記としても読み取れません（引用符の閉じ忘れ、または「以外」「その他」などの条件）。",
                "this row is neither a rule nor a note that can be read (a quotation mark that does not close, or a condition)"
            );
            ledger.unknown(*span, reason, false);
        }
        let Some(header) = header_span(sheet) else { return };
        if index > 0 {
            let reason = text!(
                "規則の表が複数あります。この表の規則は、前の表の規則の後に評価されるものとして読みました。",
                "there are several sheets of rules; the rules of this one are read as coming after those of the one before"
            );
            ledger.unsupported(header, reason);
        }
        if rules.default.is_none() && !rules.rules.last().is_some_and(is_final) {
            let reason = text!(
                "表に書かれていない通信の扱いが書かれていないため、拒否するものとして読みました。異なる場合は、表の上に「既定: 許可」と書いてください。",
                "the sheet does not say what becomes of other packets; they are read as denied. If they are not, write `default: permit` above the table."
            );
            ledger.unsupported(header, reason);
        }
    }

    /// The lines of a rule: one for each flow.
    fn lines(&mut self, rule: &Rule) -> Vec<Line> {
        let services: Vec<ServiceId> =
            rule.services.iter().map(|word| self.service(*word, rule.span)).collect();
        let service = self.builder.services(services, rule.span);
        let schedule = rule.scheduled.then(|| self.sometimes(rule.span));
        let action = match rule.permit {
            Some(true) => Action::Permit,
            Some(false) => Action::Deny,
            None => Action::Undecided,
        };
        let mut lines = Vec::new();
        for flow in &rule.flows {
            let matches = Match {
                ingress: self.interfaces_of(&flow.from),
                egress: self.interfaces_of(&flow.to),
                source: self.address(&flow.from, rule.span),
                destination: self.address(&flow.to, rule.span),
                service,
                schedule,
                unknown: rule
                    .doubts
                    .iter()
                    .map(|doubt| builder::unknown(doubt.message.clone(), doubt.span))
                    .collect(),
                ..self.builder.everything(None, rule.span)
            };
            let mut line = builder::line(rule.label.clone(), matches, action, rule.span);
            line.enabled = rule.enabled;
            line.comment = Some(rule.name.clone()).filter(|name| !name.is_empty());
            lines.push(line);
        }
        lines
    }

    fn interfaces_of(&self, party: &Party) -> Interfaces {
        let Some(zones) = &party.zones else { return Interfaces::Any };
        let mut ids: Vec<InterfaceId> =
            zones.iter().filter_map(|zone| self.zones.get(&words::key(zone)).copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        Interfaces::Of(ids)
    }

    fn address(&mut self, party: &Party, span: Span) -> AddressId {
        let Some(ranges) = &party.addresses else { return self.builder.any_address(None, span) };
        let mut members: Vec<AddressId> =
            ranges.iter().map(|range| self.builder.range(*range, span)).collect();
        for name in &party.domains {
            let reason = text!(
                "ドメイン名「{name}」のアドレスは表からは分かりません（topology.yaml の resolve で指定できます）。",
                "the addresses of the domain name `{name}` are not in the sheet (see `resolve` in topology.yaml)"
            );
            members.push(self.builder.unknown_address(reason, AddressWithin::Anywhere, span));
        }
        self.builder.union(members, span)
    }

    fn service(&mut self, word: ServiceWord, span: Span) -> ServiceId {
        let Some(protocol) = word.protocol else { return self.builder.any_service(span) };
        if let Some(kind) = word.icmp_type {
            return self.builder.icmp(protocol, Some((kind, kind)), None, span);
        }
        if flow::has_ports(protocol) {
            let (source, destination) = (word.source, word.destination);
            return self.builder.ports(protocol, source, destination, TcpFlags::ANY, span);
        }
        self.builder.protocol(protocol, span)
    }

    /// The schedule of rules with a period: in force at some time.
    fn sometimes(&mut self, span: Span) -> ScheduleId {
        *self.schedule.get_or_insert_with(|| {
            let schedule = Schedule { name: "schedule".to_owned(), windows: None, span };
            self.builder.device.schedules.push(schedule)
        })
    }

    /// Lines that change the source of what a rule lets pass to some address.
    fn translation(&mut self, lines: &[Line], rule: &Rule) -> Vec<Line> {
        let rewrite = self.builder.device.rewrites.push(Rewrite {
            label: rule.label.clone(),
            source: Some(AddressMap::Unknown),
            span: Some(rule.span),
            ..Rewrite::default()
        });
        let permits = lines.iter().filter(|line| line.action == Action::Permit);
        permits.map(|line| Line { action: Action::Rewrite(rewrite), ..line.clone() }).collect()
    }

    fn pipeline(
        &mut self,
        lines: Vec<Line>,
        sources: Vec<Line>,
        default: Option<(bool, Span)>,
        whole: Span,
    ) {
        let (action, label, span) = match default {
            Some((true, span)) => (Action::Permit, "stated default", span),
            Some((false, span)) => (Action::Deny, "stated default", span),
            None => (Action::Deny, "implicit deny", whole),
        };
        let list = self.builder.list("rules", lines);
        let mut filter = self.builder.filter("rule table", vec![list], action, label, Some(span));
        filter.stateful = true;
        let mut pipeline = vec![Stage::Route, Stage::Filter(filter)];
        if !sources.is_empty() {
            let list = self.builder.list("source translation", sources);
            let binding = Binding {
                ingress: Interfaces::Any,
                egress: Interfaces::Any,
                lists: vec![list],
                default: Action::Permit,
                default_label: "no translation".to_owned(),
                span: Some(whole),
            };
            pipeline
                .push(Stage::Translate(Translate { name: "source NAT", bindings: vec![binding] }));
        }
        let local = self.itself(whole);
        let routing = DynamicRouting { protocol: UNSTATED.to_owned(), span: whole };
        self.builder.device.contexts.push(Context {
            dynamic_routing: vec![routing],
            pipeline,
            local: vec![local],
            ..Context::default()
        });
    }

    /// The sheet does not say who may manage the device.
    fn itself(&mut self, span: Span) -> Filter {
        let everything = self.builder.everything(None, span);
        let line =
            builder::line("not in the table".to_owned(), everything, Action::Undecided, span);
        let list = self.builder.list("self", vec![line]);
        self.builder.filter("device itself", vec![list], Action::Deny, "implicit deny", Some(span))
    }
}

fn header_span(sheet: &Sheet) -> Option<Span> {
    let row = sheet.header.body.checked_sub(1).and_then(|at| sheet.rows.get(at));
    row.map(|row| row.span(sheet.file))
}

/// Whether a rule decides every packet, so that the default is never met.
fn is_final(rule: &Rule) -> bool {
    let open = |party: &Party| party.zones.is_none() && party.addresses.is_none();
    rule.enabled
        && rule.doubts.is_empty()
        && !rule.scheduled
        && rule.permit.is_some()
        && rule.flows.iter().any(|flow| open(&flow.from) && open(&flow.to))
        && rule.services.contains(&ServiceWord::ANY)
}

fn rule_account(rule: &Rule, ledger: &mut Ledger<'_>) {
    ledger.used(rule.span);
    let contained = rule.translation != Translation::Unknown;
    for doubt in &rule.doubts {
        ledger.unknown(doubt.span, doubt.message.clone(), contained);
    }
    for convention in &rule.conventions {
        ledger.unsupported(convention.span, convention.message.clone());
    }
}

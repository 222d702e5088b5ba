//! Laws that hold for every configuration, tried on random ones.

use super::*;
use crate::trace::list::{self, Outcome, Purpose};
use crate::trace::packet::Packet;
use crate::trace::truth::{Judge, View};
use std::collections::BTreeSet;

/// A small generator, the same on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

impl Dice {
    fn pick(&mut self, sides: u64) -> usize {
        usize::try_from(self.roll(sides)).unwrap()
    }
}

/// Lines by what is known of their match: `None` is in doubt.
type Plan = Vec<(Option<bool>, Do)>;

#[derive(Clone)]
enum Do {
    Decide(Action),
    Jump(Plan),
}

fn plan(dice: &mut Dice, depth: u64, doubts: &mut u32) -> Plan {
    (0..dice.roll(5))
        .map(|_| {
            let truth = match dice.roll(4) {
                0 if *doubts < 10 => {
                    *doubts += 1;
                    None
                }
                1 => Some(true),
                _ => Some(false),
            };
            let action = match dice.roll(if depth == 0 { 4 } else { 6 }) {
                0 => Do::Decide(Action::Permit),
                1 => Do::Decide(Action::Deny),
                2 => Do::Decide(Action::Return),
                3 => Do::Decide(Action::Undecided),
                _ => Do::Jump(plan(dice, depth - 1, doubts)),
            };
            (truth, action)
        })
        .collect()
}

fn build(fw: &mut Box_, plan: &Plan) -> ListId {
    let lines = plan
        .iter()
        .map(|(truth, action)| {
            let source = match truth {
                None => fw.unknown(),
                Some(true) => fw.any,
                Some(false) => fw.net("192.0.2.0/24"),
            };
            let action = match action {
                Do::Decide(action) => *action,
                Do::Jump(plan) => Action::Jump(build(fw, plan)),
            };
            line("line", Match { source, ..fw.any() }, action)
        })
        .collect();
    fw.list(lines)
}

/// What the list decides when the lines in doubt apply as `bits` say; `None` without a decision.
fn decide(plan: &Plan, bits: u32, next: &mut u32) -> Option<Action> {
    let mut decided = None;
    let mut left = false;
    for (truth, action) in plan {
        let applies = truth.unwrap_or_else(|| {
            *next += 1;
            bits >> (*next - 1) & 1 == 1
        });
        // Lines in doubt are counted even after the decision, so that every line has its own bit.
        let inner = match action {
            Do::Decide(action) => Some(*action),
            Do::Jump(plan) => decide(plan, bits, next),
        };
        if applies && !left && decided.is_none() {
            left = inner == Some(Action::Return) && matches!(action, Do::Decide(_));
            decided = inner.filter(|action| *action != Action::Return);
        }
    }
    decided
}

#[test]
fn a_list_can_do_exactly_what_some_reading_of_its_doubts_does() {
    let mut dice = Dice(1);
    let mut open = 0;
    for _ in 0..2_000 {
        let mut doubts = 0;
        let plan = plan(&mut dice, 2, &mut doubts);
        let mut fw = device("fw");
        let list = build(&mut fw, &plan);
        let packet = Packet::new(&tcp("10.0.1.5", "10.0.2.5", 443));
        let mut judge = Judge::new(View {
            device: &fw.device,
            packet: &packet,
            ingress: None,
            egress: None,
            state: State::New,
            touched: &[],
            at: None,
            lasting: false,
        });
        let results =
            list::binding(&mut judge, &bind(list, Action::Deny), Purpose::Filter).unwrap();
        let found: BTreeSet<Outcome> = results.outcomes.keys().copied().collect();
        let mut wanted = BTreeSet::new();
        for bits in 0..1u32 << doubts {
            match decide(&plan, bits, &mut 0) {
                Some(Action::Permit) => wanted.extend([Outcome::Permit]),
                Some(Action::Undecided) => wanted.extend([Outcome::Permit, Outcome::Deny]),
                _ => wanted.extend([Outcome::Deny]),
            }
        }
        assert_eq!(found, wanted);
        open += usize::from(wanted.len() == 2);
    }
    assert!((200..1_800).contains(&open), "both kinds of lists were tried: {open}");
}

/// A device that hides its sources behind `pool` and filters them by random lines afterwards.
fn hidden(seed: u64, pool: AddressRange) -> (Pair, Trace) {
    let mut dice = Dice(seed);
    let world = pair(|fw| {
        let source = Some(AddressMap::Pool(vec![pool]));
        let hide = fw.rewrite(Rewrite { source, ..Rewrite::default() });
        let rewrite = line("hide", fw.any(), Action::Rewrite(hide));
        let nat = fw.list(vec![rewrite]);
        let mut lines = Vec::new();
        for _ in 0..dice.roll(6) {
            let first = dice.roll(32);
            let last = first + dice.roll(8);
            let address = |n: u64| format!("192.0.2.{n}");
            let set = match dice.roll(4) {
                0 => AddressSet::Wildcard(crate::net::WildcardMask::new(
                    address(first).parse().unwrap(),
                    format!("0.0.0.{}", dice.roll(32)).parse().unwrap(),
                )),
                _ => AddressSet::Range(range(&address(first), &address(last))),
            };
            let mut source = fw.device.literal(set, span(2));
            if dice.roll(4) == 0 {
                let of = fw.any;
                source = fw.device.literal(AddressSet::Except { of, minus: source }, span(2));
            }
            let action = if dice.roll(2) == 0 { Action::Permit } else { Action::Deny };
            lines.push(line("line", Match { source, ..fw.any() }, action));
        }
        let list = fw.list(lines);
        let filter = fw.filter(list);
        fw.stages(vec![translate("nat", nat)], vec![Stage::Filter(filter)]);
    });
    let trace = world.net.run(world.a, tcp("10.0.1.5", "10.0.2.5", 443));
    (world, trace)
}

#[test]
fn a_pool_does_exactly_what_its_members_do() {
    let member = |n: u32| ip(&format!("192.0.2.{n}"));
    let mut both = 0;
    for seed in 0..300 {
        let (world, whole) = hidden(seed, range("192.0.2.0", "192.0.2.31"));
        let mut verdicts = BTreeSet::new();
        for n in 0..32 {
            let (_, single) = hidden(seed, AddressRange::single(member(n)));
            let parts: Vec<&End> =
                whole.ends.iter().filter(|end| end.packet.source.contains(member(n))).collect();
            assert_eq!(parts.len(), 1, "every member is in one part");
            assert_eq!(parts[0].disposition, single.ends[0].disposition, "seed {seed}, member {n}");
            verdicts.insert(single.verdict().id());
        }
        let wanted = if verdicts.len() == 2 { "undetermined" } else { verdicts.first().unwrap() };
        assert_eq!(whole.verdict().id(), wanted);
        assert_eq!(whole.may_reach(Place::Zone(world.b)), verdicts.contains("delivered"));
        both += usize::from(verdicts.len() == 2);
    }
    assert!(both > 50, "pools were split: {both}");
}

/// A device with three interfaces and random routes, without the watched routes that `withdrawn` names.
fn routed(seed: u64, withdrawn: u32) -> (Box_, u32) {
    let mut dice = Dice(seed);
    let mut r = device("r");
    let interfaces = [1, 2, 3].map(|n| r.interface(&format!("i{n}"), &[&format!("10.{n}.0.1/24")]));
    let prefixes = ["10.9.0.0/16", "10.9.1.0/24", "10.8.0.0/16", "10.7.0.0/16", "0.0.0.0/0"];
    let gateways = ["10.1.0.9", "10.2.0.9", "10.3.0.9", "10.8.0.1", "10.7.0.1", "10.9.1.1"];
    let mut watched = 0;
    for _ in 0..2 + dice.roll(5) {
        let to = prefixes[dice.pick(5)];
        match dice.roll(8) {
            0 => r.route(to, NextHop::Discard),
            1 => r.route(to, NextHop::Interface(interfaces[dice.pick(3)])),
            _ => r.via(to, gateways[dice.pick(6)]),
        }
        r.last_route().distance = u8::from(dice.roll(2) == 1);
        if dice.roll(2) == 0 {
            r.last_route().withdrawable = true;
            watched += 1;
            if withdrawn >> (watched - 1) & 1 == 1 {
                r.device.contexts[r.context].routes.pop();
            }
        }
    }
    if withdrawn != 0 {
        r.device.contexts[r.context].routes.iter_mut().for_each(|route| route.withdrawable = false);
    }
    (r, watched)
}

#[test]
fn a_table_does_exactly_what_it_does_after_some_watched_routes_are_withdrawn() {
    use crate::trace::route::{Table, Way};
    let look = |r: &Box_| {
        let packet = Packet::new(&tcp("10.0.1.5", "10.9.1.1", 443));
        let lookup = Table::new(&r.device, r.context).lookup(&packet).unwrap();
        let ways: Vec<Way> = lookup.choices.iter().map(|choice| choice.way).collect();
        (lookup.may_fail, ways, lookup.choices.iter().filter(|c| c.certain).count())
    };
    let (mut doubted, mut failing, mut wider) = (0, 0, 0);
    for seed in 0..1_000 {
        let (whole, watched) = routed(seed, 0);
        let (may_fail, ways, certain) = look(&whole);
        let mut whole_unwatched = whole;
        let context = whole_unwatched.context;
        for route in &mut whole_unwatched.device.contexts[context].routes {
            route.withdrawable = false;
        }
        let (mut fails, mut wanted, _) = look(&whole_unwatched);
        for withdrawn in 1..1u32 << watched {
            let (fail, more, _) = look(&routed(seed, withdrawn).0);
            fails |= fail;
            wanted.extend(more);
        }
        assert!(wanted.iter().all(|way| ways.contains(way)), "seed {seed}: nothing is missed");
        assert!(may_fail || !fails, "seed {seed}: no loss is missed");
        doubted += usize::from(certain < ways.len());
        failing += usize::from(may_fail);
        let exact = ways.iter().all(|way| wanted.contains(way)) && may_fail == fails;
        // One watched route that serves twice on a way is doubted twice, so the table may be wider than its readings.
        wider += usize::from(!exact);
    }
    assert!(wider < 30, "{wider}");
    assert!(doubted > 50 && failing > 50, "{doubted} {failing}");
}

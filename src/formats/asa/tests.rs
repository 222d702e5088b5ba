//! What the reader says, judged on concrete packets by a small evaluator of its own.

mod access;
mod fixture;
mod interfaces;
mod local;
mod nat;
mod objects;
mod vpn;

use super::FORMAT;
use crate::formats::{Input, Reading};
use crate::model::*;
use crate::net::{Family, Flow, TCP_SYN};
use crate::source::Sources;
use std::net::IpAddr;

/// What may become of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Permit,
    Deny,
    Either,
}

/// Reads a configuration.
fn read(text: &str) -> Reading {
    let mut sources = Sources::default();
    let id = sources.add("asa.cfg", text.as_bytes()).unwrap();
    FORMAT.read(&[Input { id, file: sources.file(id) }], &[])
}

/// Reads a configuration after a heading with three interfaces: outside 0, dmz 50, inside 100.
fn site(text: &str) -> Reading {
    read(&format!("{SITE}{text}"))
}

const SITE: &str = "\
ASA Version 9.12(4)
hostname fw
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.2 255.255.255.240
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.1.1.1 255.255.255.0
interface GigabitEthernet0/2
 nameif dmz
 security-level 50
 ip address 10.1.2.1 255.255.255.0
route outside 0.0.0.0 0.0.0.0 203.0.113.1 1
";

/// No line is unknown and none is unsupported.
fn assert_clean(reading: &Reading) {
    assert_eq!(reading.coverage[0].gaps, Vec::new());
}

fn gaps(reading: &Reading) -> Vec<(LineStatus, bool)> {
    reading.coverage[0].gaps.iter().map(|gap| (gap.status, gap.contained)).collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A TCP packet that opens a connection from port 40000.
fn tcp(src: &str, dst: &str, port: u16) -> Flow {
    flow(6, src, dst, port)
}

fn flow(protocol: u8, src: &str, dst: &str, port: u16) -> Flow {
    Flow {
        src: ip(src),
        dst: ip(dst),
        protocol,
        source_port: 40000,
        destination_port: port,
        tcp_flags: TCP_SYN,
        icmp_type: 8,
        icmp_code: 0,
        state: crate::net::State::New,
    }
    .normalised()
}

fn address(device: &Device, id: AddressId, ip: IpAddr) -> Option<bool> {
    match &device.addresses[id].value {
        AddressSet::Any => Some(true),
        AddressSet::Range(range) => Some(range.contains(ip)),
        AddressSet::Wildcard(wildcard) => Some(wildcard.contains(ip)),
        AddressSet::Union(members) => union(members.iter().map(|id| address(device, *id, ip))),
        AddressSet::Except { of, minus } => {
            Some(address(device, *of, ip)? && !address(device, *minus, ip)?)
        }
        AddressSet::Unknown { within: AddressWithin::Family(family), .. }
            if *family != Family::of(ip) =>
        {
            Some(false)
        }
        AddressSet::Unknown { .. } => None,
    }
}

fn service(device: &Device, id: ServiceId, flow: &Flow) -> Option<bool> {
    match &device.services[id].value {
        ServiceSet::Any => Some(true),
        ServiceSet::Protocol(protocol) => Some(flow.protocol == *protocol),
        ServiceSet::Ports { protocol, source, destination, flags } => Some(
            flow.protocol == *protocol
                && source.contains(flow.source_port)
                && destination.contains(flow.destination_port)
                && flags.matches(flow.tcp_flags),
        ),
        ServiceSet::Icmp { protocol, types, codes } => Some(
            flow.protocol == *protocol
                && types.is_none_or(|(a, b)| (a..=b).contains(&flow.icmp_type))
                && codes.is_none_or(|(a, b)| (a..=b).contains(&flow.icmp_code)),
        ),
        ServiceSet::Union(members) => union(members.iter().map(|id| service(device, *id, flow))),
        ServiceSet::Both(a, b) => match (service(device, *a, flow), service(device, *b, flow)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (a, b) => Some(a? && b?),
        },
        ServiceSet::Except { of, minus } => {
            Some(service(device, *of, flow)? && !service(device, *minus, flow)?)
        }
        ServiceSet::Unknown { .. } => None,
    }
}

fn union(members: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let all: Vec<Option<bool>> = members.collect();
    if all.contains(&Some(true)) {
        Some(true)
    } else if all.contains(&None) {
        None
    } else {
        Some(false)
    }
}

/// A packet on its way: interfaces, header, and the rewrites that its destination went through.
struct Packet {
    ingress: Option<InterfaceId>,
    egress: Option<InterfaceId>,
    flow: Flow,
    by: Vec<RewriteId>,
}

fn fits(interfaces: &Interfaces, id: Option<InterfaceId>) -> bool {
    match interfaces {
        Interfaces::Any => true,
        Interfaces::Of(ids) => id.is_some_and(|id| ids.contains(&id)),
    }
}

fn matches(device: &Device, m: &Match, packet: &Packet) -> Option<bool> {
    let translated = match &m.translated {
        Translated::Ignored => true,
        Translated::Untouched => packet.by.is_empty(),
        Translated::Touched => !packet.by.is_empty(),
        Translated::By(ids) => packet.by.iter().any(|id| ids.contains(id)),
    };
    if !fits(&m.ingress, packet.ingress) || !fits(&m.egress, packet.egress) || !translated {
        return Some(false);
    }
    let parts = [
        address(device, m.source, packet.flow.src),
        address(device, m.destination, packet.flow.dst),
        service(device, m.service, &packet.flow),
    ];
    if parts.contains(&Some(false)) {
        return Some(false);
    }
    let certain = m.unknown.is_empty() && m.schedule.is_none() && !parts.contains(&None);
    certain.then_some(true)
}

fn decide(device: &Device, binding: &Binding, packet: &Packet) -> Outcome {
    let mut seen = Vec::new();
    for line in binding.lists.iter().flat_map(|list| &device.lists[*list].lines) {
        if !line.enabled {
            continue;
        }
        match (matches(device, &line.matches, packet), line.action) {
            (Some(false), _) => continue,
            (_, Action::Undecided) => return Outcome::Either,
            (certain, action) => {
                seen.push(action);
                if certain.is_some() {
                    return same(&seen);
                }
            }
        }
    }
    seen.push(binding.default);
    same(&seen)
}

fn same(seen: &[Action]) -> Outcome {
    match (seen.contains(&Action::Permit), seen.contains(&Action::Deny)) {
        (true, false) => Outcome::Permit,
        (false, true) => Outcome::Deny,
        _ => Outcome::Either,
    }
}

fn filter(device: &Device, filter: &Filter, packet: &Packet) -> Outcome {
    let binding = filter
        .bindings
        .iter()
        .find(|b| fits(&b.ingress, packet.ingress) && fits(&b.egress, packet.egress));
    match binding {
        Some(binding) => decide(device, binding, packet),
        None => same(&[filter.otherwise]),
    }
}

fn id(device: &Device, name: &str) -> InterfaceId {
    device.interface(name).unwrap()
}

/// What the filters between two interfaces do to a packet that is not translated.
fn through(reading: &Reading, from: &str, to: &str, flow: Flow) -> Outcome {
    let device = &reading.device;
    let (ingress, egress) = (Some(id(device, from)), Some(id(device, to)));
    all_filters(device, &Packet { ingress, egress, flow, by: Vec::new() })
}

fn all_filters(device: &Device, packet: &Packet) -> Outcome {
    let context = device.interfaces[packet.ingress.unwrap()].context;
    let mut out = Outcome::Permit;
    for stage in &device.contexts[context].pipeline {
        if let Stage::Filter(stage) = stage {
            out = worse(out, filter(device, stage, packet));
        }
    }
    out
}

fn worse(a: Outcome, b: Outcome) -> Outcome {
    match (a, b) {
        (Outcome::Deny, _) | (_, Outcome::Deny) => Outcome::Deny,
        (Outcome::Either, _) | (_, Outcome::Either) => Outcome::Either,
        _ => Outcome::Permit,
    }
}

/// What happens to a packet to the device itself.
fn to_self(reading: &Reading, from: &str, flow: Flow) -> Outcome {
    let device = &reading.device;
    let ingress = id(device, from);
    let packet = Packet { ingress: Some(ingress), egress: None, flow, by: Vec::new() };
    let context = &device.contexts[device.interfaces[ingress].context];
    context
        .local
        .iter()
        .fold(Outcome::Permit, |out, local| worse(out, filter(device, local, &packet)))
}

fn list<'r>(reading: &'r Reading, name: &str) -> &'r RuleList {
    reading.device.lists.iter().find(|(_, list)| list.name == name).unwrap().1
}

/// The only match of one ACL line on a packet, without interfaces.
fn line_matches(reading: &Reading, name: &str, line: usize, flow: Flow) -> Option<bool> {
    let packet = Packet { ingress: None, egress: None, flow, by: Vec::new() };
    matches(&reading.device, &list(reading, name).lines[line].matches, &packet)
}

#[test]
fn headings_and_prompts_are_not_configuration() {
    let reading = read(
        "fw/pri/act# show running-config\n: Saved\n:\n: Hardware:   ASA5516\nASA Version 9.8(2)\n!\nhostname fw\n\
         banner motd # keep out #\n: end\nCryptochecksum:00112233\nfw/pri/act#\n",
    );
    assert_clean(&reading);
    assert_eq!(reading.device.name, "fw");
    assert_eq!(reading.device.version.as_deref(), Some("ASA 9.8(2)"));
    assert_eq!(reading.device.contexts.len(), 1);
}

#[test]
fn detection_knows_its_own_and_leaves_the_others() {
    let sure = FORMAT.detect;
    assert_eq!(sure(": Saved\nASA Version 9.8(2)\n"), 100);
    assert_eq!(
        sure("interface Vlan1\n nameif inside\naccess-list A extended permit ip any any\n"),
        85
    );
    assert_eq!(sure("hostname r1\nip access-list extended A\n permit ip any any\n"), 0);
    assert_eq!(
        sure("access-list 100 permit ip any any\ninterface Gi0/0\n ip access-group 100 in\n"),
        0
    );
    assert_eq!(sure("config system global\n set hostname fgt\nend\n"), 0);
}

#[test]
fn an_unknown_command_may_change_anything() {
    let reading = site("frobnicate the packets\n");
    assert_eq!(gaps(&reading), [(LineStatus::Unknown, false)]);
}

#[test]
fn releases_up_to_8_2_are_not_believed() {
    let reading = read(
        "ASA Version 8.2(5)\nhostname old\nstatic (inside,outside) 203.0.113.5 10.1.1.5 netmask 255.255.255.255\nnat (inside) 1 10.1.1.0 255.255.255.0\nglobal (outside) 1 interface\n",
    );
    assert_eq!(gaps(&reading), [(LineStatus::Unsupported, false); 4]);
}

#[test]
fn a_system_configuration_of_many_contexts_is_not_believed() {
    let reading = read(
        "ASA Version 9.12(4) <system>\nhostname fw\nadmin-context admin\ncontext admin\n config-url disk0:/admin.cfg\n",
    );
    assert!(gaps(&reading).iter().all(|gap| *gap == (LineStatus::Unsupported, false)));
    assert_eq!(gaps(&reading).len(), 3);
}

#[test]
fn what_is_taken_back_later_is_not_ignored() {
    let reading = site(
        "clear configure access-list OTHER\naccess-list A extended permit ip any any\nno access-list A extended permit ip any any\n",
    );
    assert_eq!(gaps(&reading), [(LineStatus::Unknown, false)]);
    assert_clean(&site("no asdm history enable\nno logging message 106015\n"));
}

#[test]
fn a_configuration_of_ftd_says_so() {
    let heading = SITE.replace("ASA Version 9.12(4)", ": Serial Number: 0\nNGFW Version 7.2.5");
    let list = "access-list CSM_FW_ACL_ remark rule-id 1: ACCESS POLICY: p\naccess-list CSM_FW_ACL_ advanced deny tcp ifc inside any ifc dmz \
                any rule-id 1 event-log flow-start\naccess-group CSM_FW_ACL_ global\n";
    let reading = read(&format!("{heading}{list}"));
    assert_eq!(gaps(&reading), [(LineStatus::Unsupported, false), (LineStatus::Unsupported, true)]);
    assert!(reading.coverage[0].gaps.iter().all(|gap| gap.reason.en.contains("FTD")));
    let packet = tcp("10.1.1.5", "10.1.2.5", 80);
    assert_eq!(through(&reading, "inside", "dmz", packet), Outcome::Either);
    assert_eq!((FORMAT.detect)("NGFW Version 7.2.5\n"), 100);
}

#[test]
fn commands_typed_at_a_prompt_may_change_what_was_shown() {
    let typed = |line: &str| gaps(&site(&format!("fw(config)# {line}\n")));
    let unknown = [(LineStatus::Unknown, false)];
    assert_eq!(typed("access-list A line 1 extended permit ip any any"), unknown);
    assert_eq!(typed("no access-group A in interface inside"), unknown);
    assert_eq!(typed("copy tftp://192.0.2.9/x running-config"), unknown);
    assert_eq!(typed("configure replace disk0:/old.cfg"), unknown);
    for line in ["", "sh run", "terminal pager 0", "conf t", "wr mem", "copy run start", "exit"] {
        assert_eq!(typed(line), Vec::new(), "{line}");
    }
    assert_clean(&site("fw#show running-config\n          ^\nfw/pri/act>en\n"));
}

#[test]
fn what_is_indented_below_a_comment_is_no_comment() {
    assert_eq!(
        gaps(&site("!\n access-group A in interface inside\n! note\n")),
        [(LineStatus::Unknown, false)]
    );
}

#[test]
fn text_that_lost_its_leading_blanks_is_read_by_mode() {
    let flat: String = SITE.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    let reading = read(&flat);
    assert_clean(&reading);
    assert_eq!(
        through(&reading, "inside", "outside", tcp("10.1.1.5", "198.51.100.1", 80)),
        Outcome::Permit
    );
}

#[test]
fn broken_text_never_panics_and_every_line_has_a_status() {
    let full = fixture::FIXTURE;
    for step in [1usize, 3, 7] {
        let words: Vec<&str> = full.split(' ').collect();
        let broken: String =
            words.iter().step_by(step + 1).map(|word| format!("{word} ")).collect();
        let reading = read(&broken);
        assert_eq!(reading.coverage[0].lines.len(), broken.lines().count());
    }
    let mut cut = String::new();
    for (number, line) in full.lines().enumerate() {
        let keep = line.chars().count() * (number % 7) / 7;
        cut.extend(line.chars().take(keep));
        cut.push('\n');
    }
    let reading = read(&cut);
    assert_eq!(reading.coverage[0].lines.len(), full.lines().count());
}

//! A router with a namespace behind each of its interfaces.

use crate::namespace::Namespace;
use crate::packets::Expectation;
use crate::wire::{self, Header};
use sekisho::model::{Device, InterfaceKind, NextHop};
use sekisho::net::{Flow, Prefix, State};
use sekisho::snapshot::Snapshot;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::fmt::Write as _;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// How long a packet that does not arrive is waited for.
const PATIENCE: Duration = Duration::from_millis(40);
/// How long stragglers are waited for at the end; one that comes late is still counted, for it carries its number.
const END: Duration = Duration::from_millis(150);

/// Ethernet types of IPv4 and IPv6.
const ETHERTYPES: [u16; 2] = [0x0800, 0x86dd];
/// Protocols for which the router itself listens.
const LISTENED: [i32; 3] = [1, 6, 17];

/// A packet that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// The interface behind which it arrived; `None` at the router itself.
    pub(crate) side: Option<String>,
    pub(crate) header: Header,
}

struct Side {
    name: String,
    namespace: Namespace,
    ears: Vec<Socket>,
    /// For IPv4 and IPv6.
    mouths: [Socket; 2],
}

/// The router and its sides.
pub(crate) struct Arena {
    router: Namespace,
    ears: Vec<Socket>,
    sides: Vec<Side>,
    arrived: Vec<(usize, Arrival)>,
}

impl Arena {
    /// Builds everything and loads the rule set; an error when the kernel does not take it.
    pub(crate) fn new(
        snapshot: &Snapshot,
        configs: &[(String, String)],
        asked: &[&Expectation],
    ) -> Result<Arena, String> {
        let (_, device) = snapshot.devices.iter().next().ok_or("no device")?;
        let router = Namespace::new();
        router.inside(forwarding);
        let mut sides = Vec::new();
        let linked = |kind| !matches!(kind, InterfaceKind::Loopback);
        for (_, interface) in device.interfaces.iter().filter(|(_, i)| linked(i.kind)) {
            if !interface.addresses.is_empty() {
                sides.push(side(&router, &interface.name)?);
            }
        }
        router.exec("ip", &["-batch", "-"], &router_commands(device))?;
        for (index, side) in sides.iter().enumerate() {
            let (theirs, ours) = side_commands(device, &side.name, index, asked);
            side.namespace.exec("ip", &["-batch", "-"], &theirs)?;
            router.exec("ip", &["-batch", "-"], &ours)?;
        }
        load(&router, configs)?;
        let ears = router.inside(|| LISTENED.iter().map(|n| listener(*n)).collect());
        Ok(Arena { router, ears, sides, arrived: Vec::new() })
    }

    /// Sends the packet of a statement and waits a little for what becomes of it.
    pub(crate) fn send(&mut self, number: usize, expected: &Expectation) {
        let flow = expected.flow;
        let _ = self.router.exec("conntrack", &["-F"], "");
        if flow.state == State::Established {
            self.open(&flow);
        }
        let side = self.sides.iter().find(|side| side.name == expected.ingress).expect("a side");
        let to = SockAddr::from(SocketAddr::new(flow.dst, 0));
        let bytes = wire::bytes(flow, number);
        let mouth = &side.mouths[usize::from(flow.dst.is_ipv6())];
        mouth.send_to(&bytes, &to).unwrap_or_else(|error| panic!("{flow}: {error}"));
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && !self.arrived.iter().any(|(n, _)| *n == number) {
            std::thread::sleep(Duration::from_millis(1));
            self.listen();
        }
    }

    /// Makes the router know the connection that `flow` answers.
    fn open(&self, flow: &Flow) {
        let protocol = flow.protocol.to_string();
        let [src, dst] = [flow.src, flow.dst].map(|address| address.to_string());
        let (sport, dport) = (flow.source_port.to_string(), flow.destination_port.to_string());
        let mut words = vec!["-I", "-t", "60", "-u", "SEEN_REPLY,ASSURED", "-p", &protocol];
        words.extend(["-s", &dst, "-d", &src, "--sport", &dport, "--dport", &sport]);
        if flow.protocol == 6 {
            words.extend(["--state", "ESTABLISHED"]);
        }
        self.router.exec("conntrack", &words, "").expect("a connection can be made known");
    }

    /// Waits for stragglers.
    pub(crate) fn settle(&mut self) {
        std::thread::sleep(END);
        self.listen();
    }

    /// Where the packet of a statement arrived.
    pub(crate) fn arrivals(&self, number: usize) -> Vec<Arrival> {
        self.arrived.iter().filter(|(n, _)| *n == number).map(|(_, a)| a.clone()).collect()
    }

    fn listen(&mut self) {
        let here = self.ears.iter().map(|ear| (None, ear));
        let there = self
            .sides
            .iter()
            .flat_map(|side| side.ears.iter().map(|ear| (Some(side.name.clone()), ear)));
        for (side, ear) in here.chain(there) {
            let mut buffer = [0; 2048];
            while let Ok(length) = (&mut &*ear).read(&mut buffer) {
                if let Some((number, header)) = wire::read(&buffer[..length]) {
                    self.arrived.push((number, Arrival { side: side.clone(), header }));
                }
            }
        }
    }
}

/// The router forwards both families, asks nothing of sources, and takes a packet in mid-connection for invalid.
fn forwarding() {
    let settings = [
        ("ipv4/ip_forward", "1"),
        ("ipv4/conf/all/rp_filter", "0"),
        ("ipv4/conf/default/rp_filter", "0"),
        ("ipv6/conf/all/forwarding", "1"),
        ("ipv6/conf/default/accept_dad", "0"),
        ("netfilter/nf_conntrack_tcp_loose", "0"),
    ];
    for (name, value) in settings {
        let _ = std::fs::write(format!("/proc/sys/net/{name}"), value);
    }
}

/// A namespace behind the router's interface `name`.
fn side(router: &Namespace, name: &str) -> Result<Side, String> {
    let namespace = Namespace::new();
    let words = ["link", "add", name, "type", "veth", "peer", "name", "out", "netns"];
    let words: Vec<&str> = words.into_iter().chain([namespace.name()]).collect();
    router.exec("ip", &words, "")?;
    let (ears, mouths) = namespace.inside(|| {
        let _ = std::fs::write("/proc/sys/net/ipv6/conf/all/accept_dad", "0");
        let ears = ETHERTYPES.map(packet_socket).into_iter().collect();
        (ears, [Domain::IPV4, Domain::IPV6].map(raw_socket))
    });
    Ok(Side { name: name.to_owned(), namespace, ears, mouths })
}

/// Everything that comes in, without the link header.
fn packet_socket(ethertype: u16) -> Socket {
    let protocol = Protocol::from(i32::from(ethertype.to_be()));
    let socket = Socket::new(Domain::PACKET, Type::DGRAM, Some(protocol)).expect("root");
    socket.set_nonblocking(true).unwrap();
    socket
}

/// Sends whole packets.
fn raw_socket(domain: Domain) -> Socket {
    Socket::new(domain, Type::RAW, Some(Protocol::from(255))).expect("root")
}

/// What the router accepts for itself, after its filters.
fn listener(protocol: i32) -> Socket {
    let protocol = Some(Protocol::from(protocol));
    let socket = Socket::new(Domain::IPV4, Type::RAW, protocol).expect("root");
    socket.set_nonblocking(true).unwrap();
    socket
}

/// The link address of the router (0) or the side (1) of link `index`.
fn mac(index: usize, end: u8) -> String {
    format!("02:00:00:00:{index:02x}:{end:02x}")
}

fn router_commands(device: &Device) -> String {
    let mut out = String::new();
    let linked = device.interfaces.iter().filter(|(_, i)| !i.addresses.is_empty());
    let linked = linked.filter(|(_, i)| i.kind != InterfaceKind::Loopback);
    for (index, (_, interface)) in linked.enumerate() {
        let name = &interface.name;
        let _ = writeln!(out, "link set {name} address {} up", mac(index, 0));
        for address in &interface.addresses {
            let nodad = if address.address.is_ipv6() { " nodad" } else { "" };
            let _ =
                writeln!(out, "address add {}/{} dev {name}{nodad}", address.address, address.len);
        }
    }
    for route in device.contexts.iter().flat_map(|(_, context)| &context.routes) {
        let name = |id| &device.interfaces[id].name;
        let way = match route.next_hop {
            NextHop::Gateway { address, .. } => format!("via {address}"),
            NextHop::Interface(id) => format!("dev {}", name(id)),
            NextHop::Discard | NextHop::Context(_) => continue,
        };
        let _ = writeln!(out, "route replace {} {way}", route.prefix);
    }
    out
}

/// What is set on a side, and what the router must know of it: the addresses on its subnet that the statements speak of and
/// the gateways, none of which need be asked for, since a rule set may well stop ARP's younger brother.
fn side_commands(
    device: &Device,
    name: &str,
    index: usize,
    asked: &[&Expectation],
) -> (String, String) {
    let (_, interface) = device.interfaces.iter().find(|(_, i)| i.name == name).expect("a side");
    let mut theirs = format!("link set out address {} up\n", mac(index, 1));
    let mut ours = String::new();
    let gateways =
        device.contexts.iter().flat_map(|(_, context)| &context.routes).filter_map(|route| {
            match route.next_hop {
                NextHop::Gateway { address, .. } => Some(address),
                _ => None,
            }
        });
    let named = asked.iter().flat_map(|expected| {
        let arrives = expected.arrives.map(|flow| flow.dst);
        [Some(expected.flow.src), Some(expected.flow.dst), arrives].into_iter().flatten()
    });
    let mut known: Vec<IpAddr> = gateways.chain(named).collect();
    known.sort_unstable();
    known.dedup();
    for own in &interface.addresses {
        let Some(subnet) = Prefix::new(own.address, own.len) else { continue };
        let mut neighbours: Vec<IpAddr> =
            known.iter().copied().filter(|a| subnet.contains(*a) && *a != own.address).collect();
        if neighbours.is_empty() {
            neighbours.extend(other(subnet, own.address));
        }
        for neighbour in neighbours {
            let nodad = if neighbour.is_ipv6() { " nodad" } else { "" };
            let _ = writeln!(theirs, "address add {neighbour}/{} dev out{nodad}", own.len);
            let mac = mac(index, 1);
            let _ = writeln!(
                ours,
                "neighbour replace {neighbour} lladdr {mac} dev {name} nud permanent"
            );
        }
        let mac = mac(index, 0);
        let _ = writeln!(
            theirs,
            "neighbour replace {} lladdr {mac} dev out nud permanent",
            own.address
        );
        let _ = writeln!(theirs, "route replace default via {} dev out", own.address);
    }
    (theirs, ours)
}

/// Some address of the subnet that the router does not have.
fn other(subnet: Prefix, own: IpAddr) -> Option<IpAddr> {
    let (first, last) = subnet.range().numbers();
    let family = subnet.family();
    let mut all = (first + 1..last).take(3).map(|number| sekisho::net::address(family, number));
    all.find(|address| *address != own)
}

/// Loads the rule set: sets first, then rules, each with the tool that wrote it.
fn load(router: &Namespace, configs: &[(String, String)]) -> Result<(), String> {
    let mut rules = Vec::new();
    for (name, text) in configs {
        let first =
            text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        let first = first.unwrap_or("");
        let word = first.split_whitespace().next().unwrap_or("");
        if word == "create" || word == "add" && !first.contains("table") {
            router.exec("ipset", &["restore"], text)?;
        } else if first.starts_with('*') {
            let six = name.contains('6') || text.contains("ip6tables-save");
            rules.push((if six { "ip6tables-restore" } else { "iptables-restore" }, vec![], text));
        } else if first.starts_with('{') {
            rules.push(("nft", vec!["-j", "-f", "-"], text));
        } else if ["table", "flush", "define", "add", "destroy"].contains(&word) {
            rules.push(("nft", vec!["-f", "-"], text));
        }
    }
    rules.into_iter().try_for_each(|(program, words, text)| router.exec(program, &words, text))
}

//! What a rule list means, as formulas over bit vectors, and whether a set of cubes is the same: for z3 to say.

use crate::vendors::{Traffic, Wish};
use crate::z3::{ask, between};
use sekisho::net::Prefix;
use sekisho::packetset::Cube;
use std::fmt::Write as _;

/// Questions in SMT-LIB 2.
pub(crate) struct Script(String);

/// The coordinates of a packet with their widths; for ICMP the ports are type and code.
const FIELDS: [(&str, usize); 5] =
    [("src", 32), ("dst", 32), ("proto", 8), ("dport", 16), ("sport", 16)];

impl Script {
    /// Packets from side a to side b that are not for the device: TCP, UDP, ICMP and one protocol without ports.
    pub(crate) fn new() -> Script {
        let mut text = "(set-logic QF_BV)\n".to_owned();
        for (name, width) in FIELDS {
            let _ = writeln!(text, "(declare-const {name} (_ BitVec {width}))");
        }
        let within = |name, first: u32, last: u32| between(name, 32, first, last);
        let icmp = format!(
            "(=> (= proto #x01) (and {} {}))",
            between("dport", 16, 0, 255),
            between("sport", 16, 0, 255)
        );
        let domain = [
            within("src", 0x0a01_0000, 0x0a01_ffff),
            within("dst", 0x0a02_0000, 0x0a02_ffff),
            "(not (= dst #x0a020001))".to_owned(),
            "(or (= proto #x01) (= proto #x06) (= proto #x11) (= proto #x2f))".to_owned(),
            icmp,
            "(=> (= proto #x2f) (and (= dport #x0000) (= sport #x0000)))".to_owned(),
        ];
        for fact in domain {
            let _ = writeln!(text, "(assert {fact})");
        }
        Script(text)
    }

    /// Asks for a packet that the list permits and the cubes do not hold, or the other way round.
    pub(crate) fn differs(&mut self, wishes: &[Wish], cubes: &[Cube<u32>]) {
        let mut list = "false".to_owned();
        for wish in wishes.iter().rev() {
            list = format!("(ite {} {} {list})", meets(wish), wish.permit);
        }
        let set: Vec<String> = cubes.iter().map(product).collect();
        let set = format!("(or false {})", set.join(" "));
        let _ = writeln!(self.0, "(push)\n(assert (xor {list} {set}))\n(check-sat)\n(pop)");
    }

    /// One answer a question: `unsat` when there is no difference.
    pub(crate) fn ask(self) -> Vec<String> {
        ask(self.0)
    }
}

fn meets(wish: &Wish) -> String {
    let ports = |protocol: u32, from: (u16, u16), to: (u16, u16)| {
        format!(
            "(and {} {} {})",
            between("proto", 8, protocol, protocol),
            between("sport", 16, from.0, from.1),
            between("dport", 16, to.0, to.1)
        )
    };
    let traffic = match wish.traffic {
        Traffic::Anything => "true".to_owned(),
        Traffic::Icmp => between("proto", 8, 1, 1),
        Traffic::Tcp(from, to) => ports(6, from, to),
        Traffic::Udp(from, to) => ports(17, from, to),
    };
    format!("(and {traffic} {} {})", inside("src", wish.source), inside("dst", wish.destination))
}

fn inside(name: &str, prefix: Option<Prefix>) -> String {
    let Some(prefix) = prefix else { return "true".to_owned() };
    let (first, last) = prefix.range().numbers();
    between(name, 32, u32::try_from(first).unwrap(), u32::try_from(last).unwrap())
}

fn product(cube: &Cube<u32>) -> String {
    let mut parts = vec!["true".to_owned()];
    for ((name, width), values) in FIELDS.iter().zip(&cube.fields) {
        let any: Vec<String> =
            values.as_slice().iter().map(|(a, b)| between(name, *width, *a, *b)).collect();
        parts.push(format!("(or false {})", any.join(" ")));
    }
    format!("(and {})", parts.join(" "))
}

//! Targets by name, with the options that are their own: what they do with a packet does not depend on these.

use super::rule::{Nat, NatKind, Target};
use crate::formats::iptables::options;
use crate::text;
use crate::text::Text;

/// What a target does.
#[derive(Clone, Copy)]
enum Does {
    /// The next rule is met in any case.
    Continue,
    /// The same, and the packet has another mark, by which `ip rule` may choose.
    Mark,
    Deny,
    Nat(NatKind),
    Untrack,
    /// Changes addresses without connection tracking.
    Garble,
    /// Sends a copy elsewhere.
    Copy,
    /// Something outside the rules decides.
    Outside,
}

/// A target by its name: what it does, and its own options.
type Row = (&'static str, Does, &'static [&'static str]);

/// Every target but `ACCEPT`, `DROP` and `RETURN`.
#[rustfmt::skip]
const TARGETS: &[Row] = &[
    ("ACCOUNT", Does::Continue, &["--addr", "--tname"]),
    ("AUDIT", Does::Continue, &["--type"]),
    ("CHECKSUM", Does::Continue, &["--checksum-fill"]),
    ("CLASSIFY", Does::Continue, &["--set-class"]),
    ("CLUSTERIP", Does::Continue, &[
        "--new", "--hashmode", "--clustermac", "--total-nodes", "--local-node", "--hash-init",
    ]),
    ("CONNMARK", Does::Mark, &[
        "--set-xmark", "--set-mark", "--and-mark", "--or-mark", "--xor-mark", "--save-mark", "--restore-mark", "--nfmask",
        "--ctmask", "--mask", "--left-shift-mark", "--right-shift-mark",
    ]),
    ("CONNSECMARK", Does::Continue, &["--save", "--restore"]),
    ("CONTINUE", Does::Continue, &[]),
    ("CT", Does::Continue, &[
        "--notrack", "--helper", "--ctevents", "--expevents", "--zone", "--zone-orig", "--zone-reply", "--timeout",
    ]),
    ("DELUDE", Does::Outside, &[]),
    ("DNAT", Does::Nat(NatKind::Destination), &["--random", "--persistent"]),
    ("DNPT", Does::Garble, &["--src-pfx", "--dst-pfx"]),
    ("DSCP", Does::Continue, &["--set-dscp", "--set-dscp-class"]),
    ("ECN", Does::Continue, &["--ecn-tcp-remove", "--ecn-tcp-cwr", "--ecn-tcp-ece", "--ecn-ip-ect"]),
    ("HL", Does::Continue, &["--hl-set", "--hl-dec", "--hl-inc"]),
    ("HMARK", Does::Mark, &[
        "--hmark-tuple", "--hmark-mod", "--hmark-offset", "--hmark-src-prefix", "--hmark-dst-prefix", "--hmark-sport",
        "--hmark-dport", "--hmark-sport-mask", "--hmark-dport-mask", "--hmark-spi", "--hmark-spi-mask", "--hmark-proto-mask",
        "--hmark-rnd",
    ]),
    ("IDLETIMER", Does::Continue, &["--timeout", "--label", "--alarm", "--send_nl_msg"]),
    ("IPMARK", Does::Mark, &["--addr", "--and-mask", "--or-mask", "--shift"]),
    ("IPV4OPTSSTRIP", Does::Continue, &[]),
    ("LED", Does::Continue, &["--led-trigger-id", "--led-delay", "--led-always-blink"]),
    ("LOG", Does::Continue, &[
        "--log-level", "--log-prefix", "--log-tcp-sequence", "--log-tcp-options", "--log-ip-options", "--log-uid",
        "--log-macdecode",
    ]),
    ("LOGMARK", Does::Continue, &["--log-level", "--log-prefix"]),
    ("MARK", Does::Mark, &["--set-xmark", "--set-mark", "--and-mark", "--or-mark", "--xor-mark"]),
    ("MASQUERADE", Does::Nat(NatKind::Masquerade), &["--random", "--random-fully"]),
    ("MIRROR", Does::Garble, &[]),
    ("NETFLOW", Does::Continue, &[]),
    ("NETMAP", Does::Nat(NatKind::Netmap), &[]),
    ("NFLOG", Does::Continue, &[
        "--nflog-group", "--nflog-prefix", "--nflog-range", "--nflog-size", "--nflog-threshold",
    ]),
    ("NFQUEUE", Does::Outside, &["--queue-num", "--queue-balance", "--queue-bypass", "--queue-cpu-fanout"]),
    ("NOTRACK", Does::Untrack, &[]),
    ("QUEUE", Does::Outside, &[]),
    ("RATEEST", Does::Continue, &["--rateest-name", "--rateest-interval", "--rateest-ewmalog"]),
    ("RAWDNAT", Does::Garble, &[]),
    ("RAWSNAT", Does::Garble, &[]),
    ("REDIRECT", Does::Nat(NatKind::Redirect), &["--random"]),
    ("REJECT", Does::Deny, &["--reject-with"]),
    ("SAME", Does::Garble, &["--nodst", "--random"]),
    ("SECMARK", Does::Continue, &["--selctx"]),
    ("SET", Does::Continue, &["--exist", "--timeout", "--map-mark", "--map-prio", "--map-queue"]),
    ("SNAT", Does::Nat(NatKind::Source), &["--random", "--random-fully", "--persistent"]),
    ("SNPT", Does::Garble, &["--src-pfx", "--dst-pfx"]),
    ("STEAL", Does::Deny, &[]),
    ("SYNPROXY", Does::Outside, &["--sack-perm", "--timestamp", "--ecn", "--wscale", "--mss"]),
    ("SYSRQ", Does::Continue, &["--hash", "--password"]),
    ("TARPIT", Does::Deny, &["--tarpit", "--honeypot", "--reset"]),
    ("TCPMSS", Does::Continue, &["--set-mss", "--clamp-mss-to-pmtu"]),
    ("TCPOPTSTRIP", Does::Continue, &["--strip-options"]),
    ("TEE", Does::Copy, &["--gateway", "--oif"]),
    ("TOS", Does::Continue, &["--set-tos", "--and-tos", "--or-tos", "--xor-tos"]),
    ("TPROXY", Does::Outside, &["--on-ip", "--on-port", "--tproxy-mark"]),
    ("TRACE", Does::Continue, &[]),
    ("TTL", Does::Continue, &["--ttl-set", "--ttl-dec", "--ttl-inc"]),
    ("ULOG", Does::Continue, &["--ulog-nlgroup", "--ulog-prefix", "--ulog-cprange", "--ulog-qthreshold"]),
];

fn row(name: &str) -> Option<&'static Row> {
    TARGETS.iter().find(|(known, ..)| *known == name)
}

/// Whether a target has an option of this name that changes nothing here.
pub(super) fn owns(target: &str, option: &str) -> bool {
    row(target).is_some_and(|(.., options)| options.contains(&option))
}

/// What a target does by its name, with its `--to-…` values and whether it said `--notrack`; `None` when it is no extension
/// that is known.
pub(super) fn decide(name: &str, to: Vec<String>, untrack: bool) -> Option<Target> {
    match name {
        "ACCEPT" => return Some(Target::Accept),
        "DROP" => return Some(Target::Deny),
        "RETURN" => return Some(Target::Return),
        "CT" if untrack => return Some(Target::Untrack),
        _ => {}
    }
    let (_, does, _) = row(name)?;
    Some(match does {
        Does::Continue | Does::Mark => Target::Continue,
        Does::Deny => Target::Deny,
        Does::Nat(kind) => Target::Nat(Nat { kind: *kind, to }),
        Does::Untrack => Target::Untrack,
        Does::Garble => Target::Garble(options::garbles(name)),
        Does::Copy => Target::Copy(copies(name)),
        Does::Outside => Target::Undecided(options::outside(name)),
    })
}

/// Whether the target may give the packet another mark. `CONNMARK` does when it restores one, `SET` when it looks one up.
pub(super) fn marks(name: &str, options: &[String]) -> bool {
    let says = |option: &str| options.iter().any(|own| own == option);
    match name {
        "CONNMARK" => says("--restore-mark"),
        "SET" => says("--map-mark"),
        name => row(name).is_some_and(|(_, does, _)| matches!(does, Does::Mark)),
    }
}

/// Whether the name is that of a verdict, which no chain can have.
pub(super) fn is_verdict(name: &str) -> bool {
    matches!(name, "ACCEPT" | "DROP" | "RETURN" | "QUEUE")
}

fn copies(name: &str) -> Text {
    text!(
        "「{name}」はフィルターを通さずにパケットの写しを送り出すため、この機器のすべての判定を不確実とします。",
        "`{name}` sends copies past the filters; everything on this device becomes uncertain"
    )
}

//! Sekisho (関所): a network segmentation verifier.
//!
//! It reads firewall and router exports as they are, with a short topology and policy file, computes what can travel
//! between every pair of zones, and says for each policy rule 適合 (holds), 不適合 (violated) or 確認不能 (undetermined).
//!
//! The modules stand on floors; each names only modules on lower floors (`tests/architecture.rs` holds them to it).

// Floor 0: a message in Japanese and English, and the language to show it in.
pub mod text;

mod workers;
// Floor 1: the input files as decoded text, and spans into them.
pub mod source;
// Floor 1: addresses, prefixes, ports, protocols and one concrete flow.
pub mod net;
// Floor 2: the vendor-independent device; every part carries its span.
pub mod model;
// Floor 2: sets of packet headers as factored interval decision diagrams; knows no network words.
pub mod packetset;
// Floor 2: tables that people write (rules, zones, objects) as rows with meaning.
pub mod sheet;
// Floor 2: what is reported.
pub mod finding;
// Floor 3: text of one vendor to one device, every line with a status.
pub mod formats;
// Floor 3: the topology file.
pub mod topology;
// Floor 3: the policy file.
pub mod policy;
// Floor 3: one device's rule lists and routes as packet sets in two readings.
pub mod compile;
// Floor 3: what an engineer types on a device, one row a vendor.
pub mod dialect;
// Floor 4: devices and topology joined, references resolved, gaps listed; the only input of analysis.
pub mod snapshot;
// Floor 5: the forwarding graph; edges are steps.
pub mod graph;
// Floor 5: the concrete evaluator, one packet, hop by hop, line by line: the independent judge.
pub mod trace;
// Floor 5: proofs of verdicts, and the check of them; names nothing of the engine.
pub mod certificate;
// Floor 6: fixpoint over the graph, zone by zone, with predecessor labels.
pub mod reach;
// Floor 7: policy against reachability; every witness is replayed by `trace`.
pub mod check;
// Floor 7: hygiene findings, one file per rule.
pub mod lint;
// Floor 8: the pure front door of the library.
pub mod scan;
// Floor 9: two states of one network beside one another.
pub mod diff;
// Floor 9: edits that end violations, each tried out.
pub mod remedy;
// Floor 9: a network without its names and addresses, with the proof that it is judged alike.
pub mod scrub;
// Floor 10: a scan as bytes, one file per sink.
pub mod report;
// Floor 11: inputs, outputs and what made them, so that others can check; who was told what.
pub mod evidence;
// Floor 13: flags, file reading and writing, exit codes; one file per subcommand.
pub mod cli;

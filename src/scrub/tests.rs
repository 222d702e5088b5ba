//! The proof must refuse: here it is given maps and words that change the meaning.

use super::*;

const POLICY: &str = "version: 1\nrules:\n  - id: KASUMI-1\n    deny: { from: kasumi, to: mint, service: tcp/443 }\n";
const TOPOLOGY: &str = "version: 1\nzones:\n  kasumi: { networks: [203.0.113.0/24] }\n  mint: { networks: [10.9.0.0/24] }\ndevices:\n  edge: { config: edge.conf }\n";
const CONFIG: &str = "config system global\n set hostname \"edge\"\nend\nconfig system interface\n edit \"port1\"\n  set ip 203.0.113.1 255.255.255.0\n next\n edit \"port2\"\n  set ip 10.9.0.1 255.255.255.0\n next\nend\nconfig firewall address\n edit \"kiosk\"\n  set type iprange\n  set start-ip 203.0.113.10\n  set end-ip 203.0.113.77\n next\nend\nconfig firewall policy\n edit 1\n  set srcintf \"port1\"\n  set dstintf \"port2\"\n  set srcaddr \"kiosk\"\n  set dstaddr \"all\"\n  set action accept\n  set schedule \"always\"\n  set service \"HTTPS\"\n next\nend\n";

fn network() -> Files {
    let entries = [("edge.conf", CONFIG), ("policy.yaml", POLICY), ("topology.yaml", TOPOLOGY)];
    let entries = entries.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    Files { name: "kasumi".to_owned(), entries: entries.into() }
}

/// What becomes of the network when the map does not keep what `keep` leaves out.
fn run(seed: u8, keep: impl Fn(&mut Rewriter, &Scan)) -> Result<Scrubbed, Vec<InputError>> {
    let (files, options, wanted) = (network(), Options::default(), Wanted::default());
    let old = scan::scan(files.clone(), &options)?;
    let task = Task { files: &files, options: &options, wanted: &wanted, old: &old };
    let mut rewriter = Rewriter::new(Addresses::new([seed; 32]));
    keep(&mut rewriter, &old);
    let paths = task.paths(&mut rewriter);
    let outputs = task.rewritten(&mut rewriter, &paths, &BTreeMap::new())?;
    task.proven(rewriter, paths, outputs.bytes, 0)
}

#[test]
fn a_map_that_tears_a_range_is_refused() {
    let kept =
        |rewriter: &mut Rewriter, old: &Scan| ranges::keep(&mut rewriter.addresses, &old.loaded);
    let torn = |rewriter: &mut Rewriter, _: &Scan| {
        for text in ["203.0.113.0/24", "10.9.0.0/24"] {
            rewriter.addresses.keep_range(crate::net::Prefix::parse(text).unwrap().range());
        }
    };
    assert!((0..8).all(|seed| run(seed, kept).is_ok()));
    let refused: Vec<InputError> =
        (0..8).filter_map(|seed| run(seed, torn).err()).flatten().collect();
    assert!(refused.len() > 3, "most keys tear it: {refused:?}");
    assert!(
        refused.iter().all(|error| error.message.en.starts_with("scrubbed, it ")),
        "{refused:?}"
    );
}

#[test]
fn what_the_search_would_find_is_not_handed_out() {
    let mut rewriter = Rewriter::new(Addresses::new([1; 32]));
    rewriter.text("permit tcp host 203.0.113.9 any");
    rewriter.secrets.insert("himitsu".to_owned());
    let found = |text: &str| {
        let outputs = BTreeMap::from([("policy.conf".to_owned(), text.to_owned())]);
        leak::find(&rewriter, &outputs).map(|(_, line, leak)| (line, leak))
    };
    assert_eq!(found("permit tcp any any\nhost 10.0.0.1"), None);
    assert_eq!(
        found("permit\nhost 203.0.113.9/32"),
        Some((2, Leak::Address("203.0.113.9".parse().unwrap())))
    );
    assert_eq!(found("permit kasumi-x"), Some((1, Leak::Word("kasumi-x".to_owned()))));
    assert_eq!(found("key himitsu"), Some((1, Leak::Secret)));
}

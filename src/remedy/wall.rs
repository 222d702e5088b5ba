//! What lines have to say: what of a finding must not pass, and what of a taken line must still pass.

use crate::dialect::Product;
use crate::finding::{Finding, FlowCube, cube};
use crate::net::{AddressRange, Family, PortRange, Prefix, protocol_number};
use crate::policy::{PolicyRule, Service, Verb};
use crate::scan::{self, Loaded, Scan};

/// Networks of one side of a product; past this a line would not be read by anybody.
const ENDS: usize = 8;

/// Ways to say what must not pass, the plainest first: between the parties of the rule as a whole, then exactly what travels.
pub(super) fn walls(scan: &Scan, finding: &Finding) -> Vec<Vec<Product>> {
    let whole = rule(&scan.loaded, &finding.rule).and_then(|rule| parties(scan, finding, rule));
    [whole, exactly(finding)].into_iter().flatten().collect()
}

fn rule<'s>(loaded: &'s Loaded, id: &str) -> Option<&'s PolicyRule> {
    loaded.policy.as_ref()?.rules.iter().find(|rule| rule.id == id)
}

/// Everything between the ends that the finding names. What the rule excepts or declares is no wall.
fn parties(scan: &Scan, finding: &Finding, rule: &PolicyRule) -> Option<Vec<Product>> {
    if !matches!(rule.verb, Verb::Deny { .. }) || !rule.except.is_empty() {
        return None;
    }
    let own = finding.from.clone().zip(finding.to.clone());
    let pairs = own.into_iter().chain(finding.also.iter().cloned());
    let product = |(from, to): (String, String)| {
        let ends = |word: &str| {
            let mut networks = scan::networks(&scan.loaded, word);
            networks.retain(|prefix| finding.family.is_none_or(|family| prefix.family() == family));
            (!networks.is_empty() && networks.len() <= ENDS).then_some(networks)
        };
        let (sources, destinations) = (ends(&from)?, ends(&to)?);
        Some(Product { permits: false, sources, destinations, services: services(&rule.services) })
    };
    pairs.map(product).collect()
}

/// The services of a rule; all when it names none.
fn services(named: &[Service]) -> Vec<(Option<u8>, PortRange)> {
    match named {
        [] => vec![(None, PortRange::ALL)],
        named => named.iter().map(|service| (service.protocol, service.ports)).collect(),
    }
}

/// The listed flows themselves; `None` when the list was cut short.
fn exactly(finding: &Finding) -> Option<Vec<Product>> {
    if finding.flows.omitted > 0 || finding.flows.flows.is_empty() {
        return None;
    }
    finding.flows.flows.iter().map(|flow| product(flow, finding.family)).collect()
}

fn product(flow: &FlowCube, family: Option<Family>) -> Option<Product> {
    let ends = |text: &str| {
        let ranges = cube::ranges(text)?;
        let prefixes = ranges.into_iter().flat_map(AddressRange::prefixes);
        let fits = |prefix: &Prefix| family.is_none_or(|family| prefix.family() == family);
        let prefixes: Vec<Prefix> = prefixes.filter(fits).take(ENDS + 1).collect();
        (!prefixes.is_empty() && prefixes.len() <= ENDS).then_some(prefixes)
    };
    let service = |(protocol, first, last): cube::Service| {
        let protocol = match protocol {
            Some(word) => Some(protocol_number(&word)?),
            None => None,
        };
        Some((protocol, PortRange::new(first, last)?))
    };
    let services: Option<Vec<_>> =
        cube::services(&flow.service)?.into_iter().map(service).collect();
    let (sources, destinations) = (ends(&flow.src)?, ends(&flow.dst)?);
    Some(Product { permits: false, sources, destinations, services: services? })
}

/// What these rules require, as lines that let it pass; `None` when one of them requires nothing, or too much to write down.
pub(super) fn required(scan: &Scan, rules: &[String]) -> Option<Vec<Product>> {
    let product = |id: &String| {
        let rule = rule(&scan.loaded, id).filter(|rule| rule.verb == Verb::Require)?;
        let sides = [&rule.from, &rule.to].map(|parties| {
            let ends = scan::resolved_networks(&scan.loaded, parties);
            Some(ends).filter(|ends| !ends.is_empty() && ends.len() <= ENDS)
        });
        let [Some(sources), Some(destinations)] = sides else { return None };
        Some(Product { permits: true, sources, destinations, services: services(&rule.services) })
    };
    rules.iter().map(product).collect()
}

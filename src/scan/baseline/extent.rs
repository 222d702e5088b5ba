//! Whether a listed flow lies inside another.

use crate::finding::FlowCube;
use crate::finding::cube::{Service, ranges, services};
use crate::net::AddressRange;

/// What of `cube` lies inside none of `known`: nothing, the services that are new between known ends, or all of it.
/// `None` when a text was shortened, so that nothing can be told.
pub(super) fn beyond(cube: &FlowCube, known: &[&FlowCube]) -> Option<Option<FlowCube>> {
    if known.contains(&cube) && !shortened(cube) {
        return Some(None);
    }
    let (src, dst) = (ranges(&cube.src)?, ranges(&cube.dst)?);
    let around: Vec<&&FlowCube> = known
        .iter()
        .filter(|old| {
            let inside = |whole: &str, part: &[AddressRange]| {
                ranges(whole).is_some_and(|whole| covers(&whole, part))
            };
            inside(&old.src, &src) && inside(&old.dst, &dst)
        })
        .collect();
    let held: Vec<Service> =
        around.iter().filter_map(|old| services(&old.service)).flatten().collect();
    let new: Vec<Service> = services(&cube.service)?
        .into_iter()
        .filter(|service| !held.iter().any(|old| serves(old, service)))
        .collect();
    if new.is_empty() {
        return Some(None);
    }
    let service = new.iter().map(service_text).collect::<Vec<_>>().join(", ");
    Some(Some(FlowCube { src: cube.src.clone(), dst: cube.dst.clone(), service }))
}

fn shortened(cube: &FlowCube) -> bool {
    [&cube.src, &cube.dst, &cube.service].iter().any(|text| text.contains('…'))
}

/// Whether each part lies inside one of the ranges.
fn covers(whole: &[AddressRange], part: &[AddressRange]) -> bool {
    let inside = |part: &AddressRange, whole: &AddressRange| {
        whole.contains(part.first()) && whole.contains(part.last())
    };
    part.iter().all(|part| whole.iter().any(|whole| inside(part, whole)))
}

fn serves(old: &Service, new: &Service) -> bool {
    (old.0.is_none() || old.0 == new.0) && old.1 <= new.1 && new.2 <= old.2
}

fn service_text((protocol, first, last): &Service) -> String {
    let protocol = protocol.as_deref().unwrap_or("any");
    match (*first, *last) {
        (0, u16::MAX) => protocol.to_owned(),
        (first, last) if first == last => format!("{protocol}/{first}"),
        (first, last) => format!("{protocol}/{first}-{last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cube(src: &str, dst: &str, service: &str) -> FlowCube {
        FlowCube { src: src.to_owned(), dst: dst.to_owned(), service: service.to_owned() }
    }

    fn new(service: &str, old: &str) -> Option<Option<String>> {
        let (now, old) = (cube("any", "10.0.0.1", service), cube("any", "10.0.0.0/24", old));
        beyond(&now, &[&old]).map(|more| more.map(|cube| cube.service))
    }

    #[test]
    fn services_that_came_on_top_are_named() {
        assert_eq!(new("tcp/80, 443", "tcp/443"), Some(Some("tcp/80".to_owned())));
        assert_eq!(new("tcp/443", "tcp/80, 443, udp/53"), Some(None));
        assert_eq!(new("udp/443", "tcp/80, 443"), Some(Some("udp/443".to_owned())));
        assert_eq!(new("tcp", "tcp/1-65535"), Some(Some("tcp".to_owned())));
        assert_eq!(new("tcp/8000-8100", "tcp/8000-9000"), Some(None));
        assert_eq!(new("any", "tcp"), Some(Some("any".to_owned())));
        assert_eq!(new("esp", "any"), Some(None));
    }

    #[test]
    fn what_is_shortened_tells_nothing() {
        assert_eq!(new("tcp/80, … (+3)", "tcp/80, … (+3)"), None);
        assert_eq!(new("tcp/80 (from 53)", "tcp/80"), None);
        let same = cube("any", "10.0.0.1", "tcp/80, … (+3)");
        assert_eq!(beyond(&same, &[&same.clone()]), None, "what stands behind the dots may differ");
    }

    #[test]
    fn ends_must_lie_inside_known_ends() {
        let old = cube("10.0.0.0/8", "192.168.1.1-192.168.1.9", "tcp/443");
        let inside = cube("10.1.0.0/16, 10.9.9.9", "192.168.1.5", "tcp/443");
        assert_eq!(beyond(&inside, &[&old]), Some(None));
        let outside = cube("10.1.0.0/16", "192.168.1.0/28", "tcp/443");
        assert_eq!(beyond(&outside, &[&old]), Some(Some(outside.clone())));
        let six = cube("2001:db8::/64", "any", "any");
        assert_eq!(beyond(&six, &[&cube("any", "any", "any")]), Some(None));
        assert_eq!(beyond(&six, &[&old]), Some(Some(six.clone())));
    }
}

#![allow(clippy::cast_possible_truncation, reason = "random bits")]

use super::*;

/// Numbers that look random, the same in every run.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u128 {
        let mut word = || {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed ^ (mixed >> 27)
        };
        u128::from(word()) << 64 | u128::from(word())
    }

    fn address(&mut self, family: Family) -> IpAddr {
        let bits = self.next() >> (128 - u32::from(family.bits()));
        // Special ranges do not shuffle; most draws should.
        let bits = if family == Family::V6 { bits >> 3 | 1 << 125 } else { bits };
        address(family, bits)
    }

    fn range(&mut self, family: Family) -> AddressRange {
        let first = self.address(family);
        let wide = self.next() % u128::from(family.bits());
        let last = number(first).saturating_add(self.next() & ((1 << wide) - 1)).min(family.last());
        AddressRange::new(first, address(family, last)).unwrap()
    }
}

fn map(seed: u8) -> Addresses {
    Addresses::new([seed; 32])
}

fn shared(a: IpAddr, b: IpAddr) -> u8 {
    let range = AddressRange::new(a.min(b), a.max(b)).unwrap();
    common(range)
}

#[test]
fn prefixes_that_two_addresses_have_in_common_stay_as_long() {
    let mut draw = Draw(1);
    for (seed, family) in (0..20_u8).flat_map(|seed| Family::ALL.map(|family| (seed, family))) {
        let mut map = map(seed);
        let mut near = draw.address(family);
        for _ in 0..50 {
            let other = address(
                family,
                number(near) ^ (draw.next() >> (draw.next() % 100 + 28)) & family.last(),
            );
            let images = (map.map(near), map.map(other));
            if !map.embedded.iter().any(|p| p.contains(near) || p.contains(other)) {
                assert_eq!(shared(near, other), shared(images.0, images.1), "{near} {other}");
            }
            near = other;
        }
    }
}

#[test]
fn the_image_of_a_range_is_the_range_of_the_images() {
    let mut draw = Draw(2);
    for (seed, family) in (0..40_u8).flat_map(|seed| Family::ALL.map(|family| (seed, family))) {
        let mut map = map(seed);
        let ranges: Vec<AddressRange> = (0..30).map(|_| draw.range(family)).collect();
        ranges.iter().for_each(|range| map.keep_range(*range));
        for range in &ranges {
            let image = AddressRange::new(map.map(range.first()), map.map(range.last()))
                .expect("ends keep their order");
            assert_eq!(image.extent(), range.extent(), "{range:?}");
            for _ in 0..40 {
                let inside = address(
                    family,
                    range.numbers().0 + draw.next() % range.extent().saturating_add(1).max(1),
                );
                assert!(
                    image.contains(map.map(inside)),
                    "{inside} of {range:?} is outside of {image:?}"
                );
                let other = draw.address(family);
                assert_eq!(
                    image.contains(map.map(other)),
                    range.contains(other),
                    "{other} and {range:?}"
                );
            }
        }
    }
}

#[test]
fn a_range_that_is_not_kept_is_torn_by_some_key() {
    let range = AddressRange::new("203.0.113.10".parse().unwrap(), "203.0.113.77".parse().unwrap())
        .unwrap();
    let torn = |seed: u8| {
        let mut map = map(seed);
        let ends = (number(map.map(range.first())), number(map.map(range.last())));
        ends.1.checked_sub(ends.0) != Some(range.extent())
    };
    assert!((0..20).any(torn), "else the promise above would be empty");
}

#[test]
fn distances_inside_what_is_moved_as_a_whole_stay() {
    let mut draw = Draw(3);
    for (seed, family) in (0..30_u8).flat_map(|seed| Family::ALL.map(|family| (seed, family))) {
        let (mut map, range) = (map(seed), draw.range(family));
        map.keep_whole(range);
        let first = number(map.map(range.first()));
        for _ in 0..30 {
            let step = draw.next() % range.extent().saturating_add(1).max(1);
            let inside = address(family, range.numbers().0 + step);
            assert_eq!(number(map.map(inside)) - first, step, "{inside} of {range:?}");
        }
    }
}

#[test]
fn special_ranges_and_masks_become_themselves() {
    for seed in 0..30 {
        let mut map = map(seed);
        for text in INSIDE.iter().chain(&SAME) {
            let prefix = Prefix::parse(text).unwrap();
            for step in [0, 1, 77, 0xff_ffff_u128] {
                let inside = address(
                    prefix.family(),
                    number(prefix.address()) | step & (prefix.range().extent()),
                );
                let image = map.map(inside);
                assert!(prefix.contains(image), "{inside} left {text}: {image}");
            }
        }
        for len in 0..=32_u32 {
            let mask = u32::MAX.checked_shl(32 - len).unwrap_or(0);
            for text in [Ipv4Addr::from(mask), Ipv4Addr::from(!mask)] {
                assert_eq!(map.map(IpAddr::V4(text)), IpAddr::V4(text));
            }
        }
        for text in
            ["224.0.0.5", "127.0.0.1", "fe80::1", "ff02::1", "::1", "255.255.255.255", "0.0.0.0"]
        {
            assert_eq!(map.map(text.parse().unwrap()).to_string(), text);
        }
    }
}

#[test]
fn keys_differ_and_repeat() {
    let images = |seed: u8| {
        let mut map = map(seed);
        ["203.0.113.9", "10.1.2.3", "2001:db8::9"].map(|text| map.map(text.parse().unwrap()))
    };
    assert_eq!(images(1), images(1));
    assert_ne!(images(1), images(2));
}

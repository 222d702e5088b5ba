//! The commands of ALAXALA AX switches and routers: what each is about.

/// What a top-level command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bin {
    /// Does not matter for forwarding.
    Irrelevant,
    Hostname,
    AccessList,
    IpAccessList,
    Ipv6AccessList,
    AdvanceAccessList,
    Interface,
    VlanIdList,
    Route,
    Route6,
    Vrf,
    Router,
    Wandering,
    PolicyList,
    Service,
    Line,
}

use Bin::*;

/// Top-level commands; the longest row wins.
pub(super) const TOP: &[(&str, Bin)] = &[
    ("hostname", Hostname),
    ("access-list", AccessList),
    ("ip access-list standard", IpAccessList),
    ("ip access-list extended", IpAccessList),
    ("ip access-list resequence", Irrelevant),
    ("ipv6 access-list", Ipv6AccessList),
    ("ipv6 access-list resequence", Irrelevant),
    ("advance access-list", AdvanceAccessList),
    ("advance access-list resequence", Irrelevant),
    ("interface", Interface),
    ("vlan-id-list", VlanIdList),
    ("vlan-list", VlanIdList),
    ("policy-list", PolicyList),
    ("policy-switch-list", PolicyList),
    ("policy-based-routing", PolicyList),
    ("ip route", Route),
    ("ip route static", Irrelevant),
    ("ipv6 route", Route6),
    ("ipv6 route static", Irrelevant),
    ("vrf definition", Vrf),
    ("vrf mode", Irrelevant),
    ("router", Router),
    ("ipv6 router", Router),
    ("dot1x", Wandering),
    ("mac-authentication", Wandering),
    ("web-authentication", Wandering),
    ("aaa authorization network", Wandering),
    ("line vty", Line),
    ("line", Irrelevant),
    ("snmp-server", Service),
    ("ftp-server", Service),
    ("ip ssh", Service),
    ("ip http", Service),
    ("https-server", Service),
    ("http-server", Service),
];

/// Top-level commands that do not matter, by first words.
pub(super) const INERT: &str = "\
    aaa, adaptive-flow, anti-ddos, arp, auto-config, axrp, axrp-ring-port, banner, bfd, boot, cfm, \
    clock, conf-history, config-lock-timeout, configuration, control-counter, counter, diff, \
    dns-resolver, domain, dumpfile, efmoam, elb, enable, environment, ethernet, event, exec-timeout, fan, \
    flow detection, gsrp, gsrp-vlan, \
    hardware, igmp, inventory, ip as-path, ip community-list, ip dhcp, ip dhcp-snooping, ip domain, ip arp, ip host, \
    ip helper-address, ip icmp, ip igmp, ip mroute, ip multicast, ip multicast-routing, ip name-server, ip pim, \
    ip prefix-list, ip qos-flow-list, ip source, ip tacacs, ip extcommunity-list, ipv6 dhcp, ipv6 hop-limit, \
    ipv6 host, ipv6 icmp, ipv6 mld, ipv6 multicast, ipv6 multicast-routing, ipv6 name-server, ipv6 nd, \
    ipv6 neighbor, ipv6 pim, ipv6 prefix-list, ipv6 qos-flow-list, key, l2-isolate, l2-loop-detection, lacp, \
    led, license, limit-queue-length, lldp, load-balance, logging, login, loop-detection, mac access-list, \
    mac qos-flow-list, mac-address-table, mc-lag, mld, monitor, ntp, oadp, \
    object-tracking, optical, parser, password, policer, policer-entry, port-channel, power, power-control, \
    power-unit, prefix-list, qos, qos-flow, qos-flow-group, qos-queue-group, qos-queue-list, qos-flow-list, advance qos-flow-list, radius, \
    radius-server, redundancy, reload, rmon, route-map, sampling, save, schedule-power-control, sflow, \
    shaper, sml, snapshot, sntp, spanning-tree, speed, stack, stop, swrt_multicast_table, swrt_table_resource, \
    system, system flow, tacacs-server, temperature-warning-level, track, track-object, transceiver, traffic-shape, \
    trap, udld, up-debounce, uplink-redundant, user, username, vlan, vlan-dot1q-ethertype, vlan-up-message, \
    switch, loopback, fcoe, ptp, isis, netconf, zero-touch-provisioning, sfp, ip unreachables, ip redirects, \
    autonomy, mirror, dhcp, time, timezone, shell, script, python, aps, cpu, process, resource, spec";

/// Interface commands that do not matter, by first words.
pub(super) const INTERFACE: &str = "\
    advance qos-flow-group, arp, axrp-primary-port, axrp-ring-port, axrp, bandwidth, bfd, channel-group, description, dhcp, \
    down-debounce, duplex, efmoam, encapsulation, ethernet, flowcontrol, frame-error-notice, gsrp, gsrp-limit-control, \
    gsrp-exception-port, holddown, igmp, ip arp, ip bgp, ip dhcp, ip directed-broadcast, ip helper-address, ip igmp, \
    ip local-proxy-arp, ip mtu, ip multicast, ip ospf, ip pim, ip proxy-arp, ip qos-flow-group, ip redirects, ip rip, \
    ip source, ip subnet-broadcast, ip tcp, ip unreachables, ip verify, ipv6 dhcp, ipv6 enable, ipv6 icmp, ipv6 mld, ipv6 mtu, ipv6 nd, \
    ipv6 ospf, ipv6 pim, ipv6 qos-flow-group, ipv6 redirects, ipv6 rip, ipv6 unreachables, ipv6 verify, ipv6 router, \
    isis, l2protocol-tunnel, l2-mac-learning, lacp, link, linkscan-mode, lldp, load-balance, loop-detection, mac-address-table, \
    mac qos-flow-group, mdix, media-type, mld, mtu, name, no-mac, oadp, ospf, pim, policer, port-channel, power, \
    power-control, protocol, qos, qos-flow-group, qos-queue-group, schedule-power-control, snmp, sflow, shaper, snmp-server, spanning-tree, speed, \
    storm-control, switchport-backup, system, tracking, traffic-shape, transceiver, udld, uplink, vlan-mac, vlan-mac-prefix, \
    up-debounce, l2-isolate, mac-address, mac, debounce, ptp, loopback, monitor, uplink-redundant";

//! The commands of AlliedWare Plus: what each is about.

/// What a top-level command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bin {
    /// Does not matter for forwarding.
    Irrelevant,
    Hostname,
    Version,
    AccessList,
    Ipv6AccessList,
    AclGroup,
    GlobalGroup,
    Interface,
    VlanMap,
    VlanFilter,
    ClassMap,
    PolicyMap,
    MacFilter,
    Route,
    Route6,
    Vrf,
    Router,
    Vrrp,
    PolicyRouting,
    Ipv6Forwarding,
    Wandering,
    Zone,
    Application,
    Firewall,
    Nat,
    Dpi,
    Service,
    ServiceOff,
}

use Bin::*;

/// Top-level commands; the longest row wins.
pub(super) const TOP: &[(&str, Bin)] = &[
    ("hostname", Hostname),
    ("AlliedWare Plus", Version),
    ("access-list", AccessList),
    ("ipv6 access-list", Ipv6AccessList),
    ("acl-group", AclGroup),
    ("access-group", GlobalGroup),
    ("interface", Interface),
    ("vlan access-map", VlanMap),
    ("vlan filter", VlanFilter),
    ("vlan classifier", Wandering),
    ("auth dynamic-vlan-creation", Wandering),
    ("class-map", ClassMap),
    ("policy-map", PolicyMap),
    ("mac-filter", MacFilter),
    ("ip route", Route),
    ("ipv6 route", Route6),
    ("ip vrf", Vrf),
    ("router", Router),
    ("ipv6 router", Router),
    ("router vrrp", Vrrp),
    ("router ipv6 vrrp", Vrrp),
    ("policy-based-routing", PolicyRouting),
    ("ipv6 forwarding", Ipv6Forwarding),
    ("zone", Zone),
    ("application", Application),
    ("firewall", Firewall),
    ("nat", Nat),
    ("dpi", Dpi),
    ("service ssh", Service),
    ("service telnet", Service),
    ("service http", Service),
    ("service ftp", Irrelevant),
    ("ssh server", Service),
    ("snmp-server", Service),
    ("vty access-class", Service),
    ("vty ipv6 access-class", Service),
    ("http", Irrelevant),
];

/// What the `no` form of a command is about; `None` for one whose removal could change what passes.
pub(super) fn negated(bin: Bin) -> Option<Bin> {
    match bin {
        Irrelevant | Hostname | Version | ClassMap | PolicyMap | Ipv6Forwarding | Wandering
        | Dpi | Router | Vrrp | PolicyRouting => Some(Irrelevant),
        Service => Some(ServiceOff),
        _ => None,
    }
}

/// Top-level commands that do not matter, by first words.
pub(super) const INERT: &str = "\
    aaa, alias, amf, antivirus, arp, arp-mac-disparity, atmf, atmf-guest, autoboot, auth, auth-web, \
    auth-web-server, awplus, banner, boot, bootloader, bridge, cellular, cflow, clock, crypto, cwmp, ddns, \
    ddns-update-method, debug, defaultgateway, dot1x, ecofriendly, enable, epsr, erps, ethernet, exception, \
    exec-timeout, fiber-monitoring, g8032, gui-timeout, ha, hash-key, ip address-up-delay, ip arp, ip as-path, \
    ip community-list, ip ddns, ip dhcp, ip dhcp-relay, ip dhcp-server, ip dns, ip domain-list, \
    ip domain-lookup, ip domain-name, ip extcommunity-list, ip forward-protocol, ip gratuitous-arp-link, \
    ip host, ip icmp, ip igmp, ip irdp, ip local pool, ip limited-local-proxy-arp, ip multicast, \
    ip multicast-routing, ip multicast-route-limit, ip name-server, ip pim, ip prefix-list, ip radius, ip rip, \
    ip rpl, ip source, ip summary-address, ip tcp, ip tftp, ip unreachables, ipv6 address-up-delay, ipv6 dhcp, \
    ipv6 dns, ipv6 host, ipv6 local pool, ipv6 mld, ipv6 mroute, ipv6 multicast, ipv6 multicast-routing, \
    ipv6 name-server, ipv6 nd, ipv6 neighbor, ipv6 pim, ipv6 prefix-list, ipv6 unreachables, ipv6 rip, \
    ips, ip-reputation, isakmp, key, l2tp-profile, lacp, ldap, ldap-server, license, line, \
    linkflap, lldp, location, log, logging, loop-protection, mac address-table, mail, malware-protection, \
    maximum-paths, max-fib-routes, max-static-routes, mirror, mls, multicast, ntp, openflow, pki, \
    platform, power-inline, ppp, prefix-list, privilege, ptp, radius, radius-server, repeater, \
    rmon, rpl, route-map, security-password, service advanced-vty, service dhcp-relay, \
    service dhcp-server, service dhcp-snooping, service password-encryption, service power-inline, \
    service terminal-length, service test, service atmf-application-proxy, service http log, \
    service statistics, sflow, smtp, snmp, spanning-tree, speed, ssh client, stack, static-channel-group, \
    storm-protection, subscriber, switch, system, tacacs-server, tech-support, telnet, terminal, traffic-control, \
    trigger, trustpoint, tunnel, udld, umbrella, undebug, unified, update, url-filter, url-offload, user, username, \
    vlan database, vlan mode, vlan statistics, vista-manager, web-control, web-auth, \
    web-redirect, wireless, wireless-manager, wlan, wrr-queue, dns, lacp global-passive-mode, \
    modeminfo, linkmon, link-health-monitoring, linkmon group, linkmon probe, linkmon profile, \
    performance, uplink, vty timeout, crypto key, crypto pki, crypto isakmp, crypto ipsec, tacacs, radius-secure, \
    ip subnet-broadcast, ip dhcp snooping, arp security, log buffered, fan, temperature, environment, ipsec, ike";

/// Interface commands that do not matter, by first words.
pub(super) const INTERFACE: &str = "\
    arp, arp-aging-timeout, arp-mac-disparity, arp-reply-bc-dmac, apn, atmf-area-link, atmf-arealink, atmf-crosslink, \
    atmf-link, auth-mac, auth-web, bandwidth, bfd, cellular, channel-group, crypto, ddns, delay, description, \
    dhcp, dot1x port-control, duplex, ecofriendly, egress-rate-limit, encapsulation, ethernet, fiber-monitoring, \
    flowcontrol, g8032, ip address-up-delay, ip arp, ip ddns, ip dhcp, ip dhcp-client, ip dhcp-relay, \
    ip directed-broadcast, ip dns, ip forward-protocol, ip gratuitous-arp-link, ip helper-address, ip igmp, \
    ip irdp, ip limited-local-proxy-arp, ip local-proxy-arp, ip multicast, ip ospf, ip pim, ip proxy-arp, \
    ip redirects, ip rip, ip source, ip split-horizon, ip tcp, ip unreachables, ip verify, ipv6 dhcp, \
    ipv6 enable, ipv6 eui64-linklocal, ipv6 mld, ipv6 nd, ipv6 ospf, ipv6 pim, ipv6 rip, ipv6 router, \
    ipv6 tcp, ipv6 traffic-class, ipv6 unreachables, ipv6 verify, ipv6 multicast, keepalive, \
    lacp, linkflap, lldp, load-interval, loop-protection, mac, mac-address, mac-learning, medium-type, \
    mdix, mirror, mls, mtu, multicast, ntp, optimistic-nd, platform, polarity, power-inline, ppp, priority-queue, \
    ptp, rmon, sflow, snmp, spanning-tree, speed, stackport, static-channel-group, storm-control, \
    strict-priority-queue, thrash-limiting, thrash-limit, track, trust, tunnel, udld, undebug, \
    unidirectional, up, vlan, wrr-queue, dialer, ospf, ospfv3, isis, hold-queue, virtual-stack, \
    egress, ingress, ip rpf, mac address-table, line, l2tp, encapsulation ppp, qos, mtu6, ip summary-address, cwmp, \
    client, poll-interval, ip subnet-broadcast, bridge";

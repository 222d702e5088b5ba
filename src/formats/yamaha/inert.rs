//! Commands that do not matter for forwarding or filtering: known, read, set aside.

/// Commands by first words.
pub(super) const TOP: &str = "\
    account, administrator, alarm, ap, auth user, auth server, auth group, bgp aggregate, bgp autonomous-system, \
    bgp configure, bgp export, bgp force-to-advertise, bgp import, bgp log, bgp neighbor, bgp preference, \
    bgp router, bgp reflector, bgp hold-time, bridge learning, clear, clock, cloud, connect, console, copy, dashboard, \
    date, delete, description, dhcp client, dhcp convert, dhcp duplicate, dhcp manual, dhcp relay, dhcp scope, \
    dhcp server, diagnose, diagnosis, disconnect, dns cache, dns domain, dns notice, dns private, dns server, \
    dns service fallback, dns srcport, dns static, dns syslog, dpi, dynamic dns, embedded, execute, external-memory, fr, gui, \
    heartbeat pre-shared-key, heartbeat send, heartbeat2 myname, heartbeat2 transmit, help, http, httpd custom-gui, \
    httpd timeout, httpd proxy-access, httpd custom-login, httpd login, httpd log, interface reset, ip arp, ip dpi filter, ip dscp, ip filter directed-broadcast, \
    ip filter dynamic timer, ip filter fqdn, ip filter source-route, ip flow, ip fragment, ip host, ip icmp, \
    ip inbound filter, ip keepalive, ip pim, ip policy address, ip policy filter, ip policy interface, \
    ip policy service, ip reassembly, ip route change, ip routing process, ip stealth, ip tos, ip url, \
    ipv6 dhcp, ipv6 dscp, ipv6 filter dynamic timer, ipv6 filter fqdn, ipv6 icmp, ipv6 inbound filter, ipv6 max, \
    ipv6 multicast, ipv6 nd, ipv6 ospf area, ipv6 ospf configure, ipv6 ospf export, ipv6 ospf import, \
    ipv6 ospf log, ipv6 ospf preference, ipv6 ospf router, ipv6 ospf virtual-link, ipv6 policy address, \
    ipv6 policy filter, ipv6 policy interface, ipv6 policy service, ipv6 reassembly, ipv6 rh0, \
    ipv6 rip preference, ipv6 routing process, ipv6 source, ipv6 stealth, isdn, jate, l2tp always-on, l2tp hostname, \
    l2tp keepalive, l2tp local, l2tp remote, l2tp syslog, l2tp tunnel, lan count-hub-overflow, lan keepalive, \
    lan link-aggregation, lan linkup, lan port-mirroring, lan receive-buffer-size, lan speed, lan type, lan-map, lan alarm, lan energy-saving, lan eee, \
    lan loopdetect, lan mdix, leased, license, line, loopdetect, login, luac, lua use, mail, mail-notify, make, mobile, \
    nat descriptor backward-compatibility, nat descriptor ftp, nat descriptor log, \
    nat descriptor masquerade port, nat descriptor masquerade remove, nat descriptor masquerade rlogin, \
    nat descriptor masquerade session, nat descriptor masquerade ttl, \
    nat descriptor masquerade unconvertible, nat descriptor sip, nat descriptor timer, netvolante-dns, ngn, \
    noisdn, nslookup, ntp, ntpdate, onfs, operation, ospf area, ospf configure, ospf export, ospf import, \
    ospf log, ospf merge, ospf preference, ospf router, ospf virtual-link, packetdump, packet-buffer, password, ping, ping6, \
    pki, pp always-on, pp auth, pp bind, pp encapsulation, pp keepalive, pp name, ppp bacp, ppp bap, ppp ccp, \
    ppp chap, ppp ipcp maxconfigure, ppp ipcp maxfailure, ppp ipcp maxterminate, ppp ipcp msext, \
    ppp ipcp remote, ppp ipcp restart, ppp ipcp vjc, ppp ipv6cp, ppp lcp, ppp mp, ppp mscbcp, ppp pap, pppoe, \
    pptp call-id, pptp hostname, pptp keepalive, pptp syslog, pptp tunnel, pptp window, pptp service type, pri, provider, \
    qac-tm, queue, radius, rdate, remote, rip filter, rip preference, rip timer, rotate, rtfs, save, scp, sd, \
    security, set, sftpd use, sip, snmp community, snmp display, snmp ifindex, snmp local, snmp syscontact, \
    snmp syslocation, snmp sysname, snmp trap, snmp yrifppdisplayatmib2, snmp yrifswitchdisplayatmib2, \
    snmp yriftunneldisplayatmib2, snmp yrswindex, snmp yrifppdisplayatmib2, snmpv2c community, snmpv2c trap, snmpv3 context, snmpv3 engine, \
    snmpv3 trap, snmpv3 usm, snmpv3 vacm, speed, ssh, sshd auth, sshd authorized-keys, sshd client, sshd encrypt, sshd hide, sshd session, \
    sshd host key, statistics, status, switch, syslog, system, tcp log, tcp session, telnetd session, terminate, test, time, timezone, \
    traceroute, traceroute6, tunnel endpoint, tunnel name, tunnel multipoint, tunnel ngn, tunnel translation-type, tunnel type, \
    tunnel always-on, tunnel auth, tunnel bind, tunnel keepalive, tunnel disconnect, tunnel auto, tunnel map-e, tunnel url, upnp port, upnp syslog, \
    url, usbhost, user attribute, vlan port, wan access, wan access-point, \
    wan always-on, wan auth, wan auto, wan bind, wan disconnect, wan mobile, wan1, wins, wol, yno";

/// Words after `ip INTERFACE` or `ipv6 INTERFACE` that do not matter.
pub(super) const INTERFACE: &str = "\
    arp, dad, dhcp auto interface-route-add, dhcp lease, dhcp retry, dhcp service, icmp-nd, igmp, intrusion, mld, mtu, neighbor, \
    ospf, pim, prefix change, proxyarp, rip, rtadv, tcp, traffic, url, vrrp shutdown, wol";

/// Commands that a schedule may run without changing what passes.
pub(super) const SCHEDULED: &[&str] = &[
    "ntpdate",
    "rdate",
    "save",
    "clear",
    "syslog",
    "mail",
    "copy",
    "show",
    "restart",
    "ping",
    "netvolante-dns",
    "http",
    "statistics",
    "switch",
    "ap",
    "external-memory",
    "rotate",
    "wol",
];

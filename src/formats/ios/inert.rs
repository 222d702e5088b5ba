//! Commands that do not matter for forwarding or filtering on the routed path: known, read, set aside.

/// Top-level commands by first words.
pub(super) const TOP: &str = "\
    aaa, access-session, alarm, alarm-contact, alias, ap, app-hosting, appletalk, application, appqoe, \
    aqm-register-fnf, archive, arp, async-bootp, authentication, auto, autonomic, avb, banner, \
    bba-group pppoe, beacon, bfd, bfd-template, boot, boot-end-marker, boot-start-marker, bridge, \
    bridge-domain, buffers, busy-message, cable, call-home, card type, ccm-manager, cdp, chat-script, cip, \
    cisp enable, class-map, clns, clock, cns, coap, config-register, configuration, control-plane, \
    controller, crypto ca, crypto call, crypto ctcp, crypto eli, crypto engine, crypto fragmentation, \
    crypto gdoi, crypto gkm, crypto identity, crypto ikev2, crypto ipsec, crypto isakmp, crypto key, \
    crypto logging, crypto mib, crypto pki, crypto provisioning, crypto ssl, crypto vpn, crypto wui, \
    crypto xauth, cts, cwmp, data-corruption, decnet, define interface-range, device-sensor, device-tracking, \
    diagnostic, dial-peer, dialer, dialer-list, dlsw, do, domain, dot11, dot1x, downward-compatible-config, \
    dsp-farm, dspfarm, dying-gasp, eap, ecfm, enable, energywise, environment, ephone, ephone-dn, epm, \
    errdisable, esmc, et-analytics, ethernet, event, evpn, exception, fabric, facility-alarm, fallback, fhrp, \
    flow, frame-relay, gatekeeper, gateway, guest-shell, hw-module, hw-switch, identity, iox, \
    ip access-list-log, ip accounting-list, ip accounting-threshold, ip accounting-transits, ip address-pool, \
    ip admission, ip arp, ip as-path, ip audit, ip auth-proxy, ip bgp-community, ip bootp, \
    ip cache-invalidate-delay, ip cef, ip classless, ip community-list, ip ddns, ip device, ip dhcp, \
    ip dhcp-client, ip dhcp-relay, ip dhcp-server, ip domain, ip domain-list, ip domain-lookup, \
    ip domain-name, ip explicit-path, ip extcommunity-list, ip flow, ip flow-cache, ip flow-capture, \
    ip flow-export, ip flow-top-talkers, ip forward-protocol, ip gdp, ip gratuitous-arps, ip host, \
    ip host-routing, ip hp-host, ip icmp, ip igmp, ip ips, ip irdp, ip kerberos, ip local policy, ip mfib, \
    ip mroute, ip msdp, ip multicast, ip multicast-routing, ip name-server, ip name-server-cache, ip nbar, \
    ip netmask-format, ip nhrp, ip options, ip ospf, ip pim, ip prefix-list, ip radius, ip reflexive-list, \
    ip rip, ip rsvp, ip rtcp, ip sap, ip sdee, ip sdr, ip security, ip sla, ip source, ip source-route, \
    ip spd, ip ssh pubkey-chain, ip subnet-zero, ip tacacs, ip tcp, ip telnet, ip tftp, ip traffic-export, \
    ip udp, ip unreachables, ip urlfilter, ip vrf-lite, ip wccp, ipc, ipv4-prefix-list, \
    ipv6 address-validate, ipv6 cef, ipv6 destination-guard, ipv6 dhcp, ipv6 flow, ipv6 flowset, \
    ipv6 general-prefix, ipv6 hop-limit, ipv6 host, ipv6 icmp, ipv6 local, ipv6 mfib, ipv6 mld, \
    ipv6 multicast, ipv6 multicast-routing, ipv6 nd, ipv6 neighbor, ipv6 ospf, ipv6 pim, ipv6 prefix-list, \
    ipv6 snooping, ipv6 source-guard, ipv6 source-route, ipv6 spd, ipx, isdn, ixi, kerberos, key, kron, l2, \
    l2protocol, l2protocol-tunnel, l2tp, l2vpn, lacp, ldap, license, lldp, location, logging, login, mab, \
    mac address-table, mac-address-table, macro, map-class, map-list, matm, max-metric, mediatrace, memory, \
    memory-size, menu, metadata, mka, mls, mmi, mmi-debug, modem, modemcap, monitor, mop, mpls, multilink, \
    mvr, mvrp, network-clock, network-clock-participate, network-clock-select, network-policy, nmsp, \
    no-l3-protocol, num-exp, onep, otv, parameter-map, parser, partition, passthru-domain-list, performance, \
    platform, pnp, port-channel, port-profile, port-security, power, prefix-list, priority-list, privilege, \
    process, process-max-time, profinet, pseudowire-class, psu, ptp, queue-list, queue-monitor, radius, \
    radius-server, redundancy, remote-management, remote-span, rep, resource, rlogin, rmon, rsvp, rtr, \
    sampler, sccp, scheduler, sdm, secure, security, service, service-insertion, service-list, \
    service-routing, service-template, setup, shell, snapshot, snmp mib, software, spanning-tree, stack-mac, \
    stack-power, stackwise-virtual, stcapp, subscriber, switch, system, table-map, tacacs, tacacs-server, \
    tag-switching, telemetry, template, tftp, threat-visibility, track, transceiver, transport-map, \
    trunk group, udld, unified-threat, upgrade, username, utd, virtual-service, virtual-template, vlan, vlt, \
    vmps, voice, voice-card, voice-port, vpdn, vtp, warm-reboot, web-server, webvpn, wireless, wism, wlan, \
    wrr-queue, wsma, x25, xconnect, xsd-format";

/// Interface commands by first words.
pub(super) const INTERFACE: &str = "\
    private-vlan mapping, if-state nhrp, vrrs, ip wccp, \
    access-session, aggregate, alarm, allow-connect, analysis-module, arp, async, atm, auth, authentication, \
    auto, autostate, ip source, auto qos, autonomic, backup, bandwidth, beacon, bfd, bgp-policy, bridge-domain, bridge-group, bsync, \
    cable, call-home, carrier-delay, cdp, channel-group, channel-protocol, clns, clock, clockrate, cos, crc, \
    crypto ipsec, cts, cwmp, dampening, datalink, dce-terminal-timing-enable, delay, description, device-role, \
    device-tracking, dialer, dialer-group, dialer-pool, dot1q, dot1x, down-when-looped, dsl, duplex, ecfm, efm, \
    encapsulation frame-relay, encapsulation hdlc, encapsulation ppp, encapsulation slip, energywise, epm, \
    errdisable, esmc, et-analytics, ethernet, exit, fabricpath, fair-queue, fec, fhrp, flow, flow-sampler, \
    flowcontrol, frame-relay, framing, full-duplex, glbp, group-range, guest-ipaddress, h323-gateway, \
    half-duplex, hidekeys, history, hold-queue, host-reachability, hw-module, ignore, input, inter-rate, \
    invert, ip accounting, ip arp, ip audit, ip auth-proxy-banner, ip authentication, ip bandwidth-percent, \
    ip bgp, ip broadcast-address, ip cef, ip cgmp, ip ddns, ip device, ip dhcp, ip directed-broadcast, \
    ip domain, ip dvmrp, ip eigrp, ip flow, ip forward-protocol, ip gratuitous-arps, ip hello-interval, \
    ip helper, ip helper-address, ip hold-time, ip icmp, ip idle-group, ip igmp, ip information-reply, ip ips, \
    ip irdp, ip load-sharing, ip local-proxy-arp, ip mask-reply, ip mfib, ip mobile, ip mrm, ip mroute-cache, \
    ip mtu, ip multicast, ip nbar, ip next-hop-self, ip nhrp, ip ospf, ip pgm, ip pim, ip probe, ip proxy-arp, \
    ip rarp-server, ip redirects, ip rgmp, ip rip, ip route-cache, ip router, ip rsvp, ip rtp, ip sap, ip sdr, \
    ip security, ip sla, ip split-horizon, ip sticky-arp, ip summary-address, ip tcp, ip tftp, \
    ip traffic-export, ip unreachable, ip unreachables, ip urd, ip urlfilter, ip verify, ip virtual-reassembly, \
    ip virtual-reassembly-out, ipc, ipv6 cef, ipv6 destination-guard, ipv6 dhcp, ipv6 dhcp-ldra, \
    ipv6 eigrp, ipv6 enable, ipv6 flow, ipv6 mfib, ipv6 mld, ipv6 mtu, ipv6 multicast, ipv6 nd, \
    ipv6 next-hop-self, ipv6 nhrp, ipv6 ospf, ipv6 pim, ipv6 redirects, ipv6 rip, ipv6 router, ipv6 snooping, \
    ipv6 source-guard, ipv6 split-horizon, ipv6 summary-address, ipv6 tcp, ipv6 unreachables, ipv6 verify, \
    ipv6 virtual-reassembly, isdn, isis, keepalive, key, l2protocol, l2protocol-tunnel, lacp, lane, lapb, \
    latency, license, linecode, link, lisp, lldp, load-interval, location, logging, loopback, lre, mab, mac, \
    mac access-group, mac-address, macro, macsec, map-group, max-reserved-bandwidth, mdix, media, media-type, \
    member, metadata, mka, mls, monitor, mop, mpls, mtu, mvr, mvrp, nbar, negotiation, netflow, network-clock, \
    network-policy, nmsp, no-ip, no-keepalive, nrzi-encoding, ntp, nve, onep, openflow, ospfv3, otv, output, \
    pagp, peer, performance, physical-layer, platform, plim, port-channel, port-type, power, ppp, pppoe, \
    pppoe enable, pppoe-client, priority-queue, ptp, pulse-time, pvc, qos, queue-limit, queue-set, \
    radius-server, random-detect, rate-limit, rcv-queue, rep, rmon, routing dynamic, sampler, scramble, sdwan, \
    serial, service instance, service-module, service-policy, shape, signal, snmp, source, source template, \
    source-interface, spanning-tree, speed, squelch, srr-queue, stackwise-virtual, standby, storm-control, \
    subscriber, switch, switchport, synce, synchronous, tag-switching, traffic-shape, transceiver, \
    transmit-interface, trunk, trunk-group, trust, ttb, tunnel, tx, tx-queue, tx-ring-limit, udld, umbrella, \
    unidirectional, uplink-switchover, utd, virtual-service, virtual-template, vlan-id, vmi, voice, vpdn, \
    vrf-selection, vrrp, vtp, wrr-queue, x25, xconnect";

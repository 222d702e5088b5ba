use super::*;

/// Whether the interfaces `names` are up.
fn up(device: &Device, names: &[&str]) -> Vec<bool> {
    names.iter().map(|name| device.interfaces[device.interface(name).unwrap()].up).collect()
}

/// The names of the interfaces by which packets of the port `name` enter.
fn entered<'d>(device: &'d Device, name: &str) -> Vec<&'d str> {
    let ids = device.entered(device.interface(name).unwrap());
    ids.iter().map(|id| device.interfaces[*id].name.as_str()).collect()
}

const DOWN: &str = "config system interface
edit \"p1\"
set status down
next
edit \"p2\"
next
edit \"v10\"
set ip 10.0.10.1 255.255.255.0
set interface \"p1\"
set vlanid 10
next
edit \"tn\"
set type tunnel
set interface \"v10\"
next
edit \"ag\"
set type aggregate
set member \"p1\"
next
edit \"both\"
set type redundant
set member \"p1\" \"p2\"
next
edit \"onag\"
set interface \"ag\"
set vlanid 20
next
end
config vpn ipsec phase1-interface
edit \"bare\"
set interface \"p1\"
next
edit \"well\"
set interface \"p2\"
next
end
";

#[test]
fn what_stands_on_a_port_that_is_down_is_down() {
    let device = clean(DOWN);
    assert_eq!(up(&device, &["v10", "tn", "ag", "onag", "bare"]), [false; 5]);
    assert_eq!(up(&device, &["p2", "both", "well"]), [true; 3]);
    let device = clean(&DOWN.replace("set status down\n", ""));
    assert!(device.interfaces.iter().all(|(_, interface)| interface.up));
}

#[test]
fn packets_of_members_enter_by_their_bundle_or_switch() {
    let device = clean(
        "config system interface
edit \"a1\"
next
edit \"a2\"
next
edit \"a3\"
next
edit \"ag\"
set type aggregate
set ip 10.0.1.1 255.255.255.0
set member \"a1\"
next
edit \"soft\"
set type switch
set ip 10.0.2.1 255.255.255.0
next
edit \"hard\"
set type hard-switch
set ip 10.0.3.1 255.255.255.0
next
end
config system switch-interface
edit \"soft\"
set vdom \"root\"
set member \"a2\"
next
end
config system virtual-switch
edit \"hard\"
set physical-switch \"sw0\"
config port
edit \"a3\"
next
end
next
end
",
    );
    let ports = ["a1", "a2", "a3", "hard"].map(|name| entered(&device, name));
    assert_eq!(ports, [["ag"], ["soft"], ["hard"], ["hard"]]);
}

const TRUNK: &str = "config system interface
edit \"p1\"
next
edit \"v10\"
set ip 10.0.10.1 255.255.255.0
set interface \"p1\"
set vlanid 10
next
edit \"v20\"
set ip 10.0.20.1 255.255.255.0
set interface \"p1\"
set vlanid 20
next
end
";

#[test]
fn packets_of_a_trunk_enter_by_its_vlans() {
    assert_eq!(entered(&clean(TRUNK), "p1"), ["v10", "v20"]);
    let untagged = TRUNK.replacen("next", "set ip 10.0.1.1 255.255.255.0\nnext", 1);
    assert_eq!(entered(&clean(&untagged), "p1"), ["p1"]);
    let leased = TRUNK.replacen("next", "set mode dhcp\nnext", 1);
    assert_eq!(entered(&clean(&leased), "p1"), ["p1"]);
    let wire = "config system virtual-wire-pair\nedit \"w\"\nset member \"p1\" \"p2\"\nnext\nend\n";
    assert_eq!(entered(&read(&format!("{TRUNK}{wire}")).device, "p1"), ["p1"]);
    let transparent = "config system settings\nset opmode transparent\nend\n";
    assert_eq!(entered(&read(&format!("{TRUNK}{transparent}")).device, "p1"), ["p1"]);
}

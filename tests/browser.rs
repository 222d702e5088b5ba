//! The HTML report in a real browser: cells lead to findings, keys are enough, nothing needs a script, print has page numbers,
//! and names from configurations stay text. Asks Debian's chromium and poppler-utils (`tests/tools.sh`).

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a failing test says so, and sets the stage"
)]

#[path = "browser/page.rs"]
mod page;

use std::path::{Path, PathBuf};
use std::process::Command;

use page::Page;
use serde_json::json;

/// A report of a world, in a directory that goes away with it.
struct Report {
    dir: PathBuf,
}

impl Report {
    fn of(name: &str, world: &Path, lang: &str) -> Report {
        let dir =
            std::env::temp_dir().join(format!("sekisho-report-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let report = Report { dir };
        let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(["check", "--quiet", "--exit-zero", "--lang", lang])
            .arg(world)
            .arg(format!("--output=html={}", report.file().display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        report
    }

    fn file(&self) -> PathBuf {
        self.dir.join("report.html")
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn world(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies").join(name)
}

/// Whether the element of the fragment is in sight: not folded away, and within the window.
const IN_SIGHT: &str = "(() => { const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const box = target.getBoundingClientRect();
    return target.checkVisibility() && box.height > 0 && box.top < innerHeight && box.bottom > 0; })()";

#[test]
fn keys_alone_lead_from_a_cell_to_the_finding_with_its_lines() {
    let report = Report::of("keys", &world("x-enet/delivered"), "ja");
    let mut page = Page::open("keys");
    page.load(&report.file(), "");
    // By Tab to the first cell, by arrows to the one in question: the DMZ's way into the personal-information network.
    let at_cell = "document.activeElement.closest('table.matrix td') !== null";
    for _ in 0..40 {
        if page.ask(at_cell) == json!(true) {
            break;
        }
        page.press("Tab");
    }
    let label = "document.activeElement.getAttribute('aria-label')";
    assert_eq!(page.ask(label), "internet → dmz: 一部");
    for _ in 0..10 {
        page.press("ArrowRight");
    }
    page.press("ArrowDown");
    assert_eq!(page.ask(label), "dmz → pi: 不適合 全部");
    page.press("Enter");
    page.expect("decodeURIComponent(location.hash)", "#p-ipv4-dmz-pi");
    page.expect(IN_SIGHT, true);
    // From there one Tab leads to the first finding about the pair.
    page.press("Tab");
    page.expect("document.activeElement.getAttribute('href')", "#f-1");
    page.press("Enter");
    page.expect("location.hash", "#f-1");
    page.expect(IN_SIGHT, true);
    let told = page.ask("document.querySelector(':target').textContent");
    for wanted in ["X-PI-01", "configs/ext-fw.conf:1416", "configs/int-fw.cfg:146", "172.20.10.20"]
    {
        assert!(told.as_str().unwrap().contains(wanted), "{wanted} is missing in {told}");
    }
    assert_eq!(page.complaints, Vec::<String>::new());
}

#[test]
fn every_link_of_the_page_leads_somewhere_and_nothing_is_fetched() {
    for (name, lang) in [("shiomi-city", "ja"), ("x-enet/corrected", "en")] {
        let report = Report::of(lang, &world(name), lang);
        let mut page = Page::open(&format!("links-{lang}"));
        page.load(&report.file(), "");
        let broken = page.ask(
            "[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))
              .filter(href => !href.startsWith('#') || !document.getElementById(decodeURIComponent(href.slice(1))))",
        );
        assert_eq!(broken, json!([]), "{name}");
        assert_eq!(
            page.ask("document.querySelectorAll('img, link, iframe, object, script[src]').length"),
            0
        );
        let identifiers =
            "(() => { const all = [...document.querySelectorAll('[id]')].map(e => e.id);
            return all.length - new Set(all).size; })()";
        assert_eq!(page.ask(identifiers), 0, "{name}: identifiers are unique");
        assert_eq!(page.complaints, Vec::<String>::new());
        // The page's own policy keeps even a script of somebody else's from running or loading anything.
        let refused = page.ask(
            "(async () => { const script = document.createElement('script');
                script.textContent = 'window.ran = 1'; document.body.append(script);
                return window.ran === undefined && await fetch('data:,x').then(() => false, () => true); })()",
        );
        assert_eq!(refused, true);
    }
}

#[test]
fn without_scripts_everything_is_there() {
    let report = Report::of("plain", &world("x-enet/delivered"), "ja");
    let mut page = Page::open("plain");
    page.send("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    page.load(&report.file(), "#p-ipv4-dmz-pi");
    page.expect(IN_SIGHT, true);
    assert_eq!(
        page.ask("document.getElementById('search').checkVisibility()"),
        false,
        "what needs a script is not shown"
    );
    // Filters are the style sheet's work.
    let rows = "[...document.querySelectorAll('tr.row-holds')].filter(row => row.checkVisibility()).length";
    let shown = page.ask(rows);
    assert!(shown.as_u64().unwrap() > 10, "{shown}");
    page.ask("document.getElementById('show-holds').click()");
    assert_eq!(page.ask(rows), 0);
    assert_eq!(page.complaints, Vec::<String>::new());
}

#[test]
fn print_is_a4_with_page_numbers_and_unfolds_everything() {
    let report = Report::of("print", &world("x-enet/delivered"), "ja");
    let mut page = Page::open("print");
    page.load(&report.file(), "");
    let folded = page.ask("[...document.querySelectorAll('details.rule li')].map(li => li.innerText.trim()).find(text => text !== '')");
    let printed =
        page.send("Page.printToPDF", json!({ "preferCSSPageSize": true, "printBackground": true }));
    let bytes = base64(printed["data"].as_str().unwrap());
    let pdf = report.dir.join("report.pdf");
    std::fs::write(&pdf, bytes).unwrap();
    let text = Command::new("pdftotext").args(["-layout"]).arg(&pdf).arg("-").output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    let pages: Vec<&str> = text.split('\u{c}').filter(|page| !page.trim().is_empty()).collect();
    assert!(pages.len() > 3);
    for (index, page) in pages.iter().enumerate() {
        let number = format!("{} / {}", index + 1, pages.len());
        assert_eq!(page.trim_end().lines().last().map(str::trim), Some(number.as_str()));
    }
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    if let Some(line) = folded.as_str().and_then(|text| text.lines().next()) {
        let beginning: String = squeezed(line).chars().take(20).collect();
        assert!(squeezed(&text).contains(&beginning), "{beginning} is not printed");
    }
    let info = Command::new("pdfinfo").arg(&pdf).output().unwrap();
    assert!(String::from_utf8(info.stdout).unwrap().contains("(A4)"));
}

#[test]
fn names_of_a_hostile_configuration_stay_text() {
    let dir = std::env::temp_dir().join(format!("sekisho-hostile-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let evil = "</script><script>window.owned=1</script><img src=x onerror=window.owned=1>";
    std::fs::write(dir.join("fw.conf"), fortigate(evil)).unwrap();
    let topology = format!(
        "version: 1\nname: \"{evil}\"\nzones:\n  a: {{ label: \"{evil}\", networks: [10.0.1.0/24] }}\n  b: {{ label: '\" onfocus=window.owned=1 autofocus x=\"', networks: [10.0.2.0/24] }}\ndevices:\n  fw: {{ config: fw.conf }}\n"
    );
    std::fs::write(dir.join("topology.yaml"), topology).unwrap();
    let policy = "version: 1\nrules:\n  - { id: \"R<b>1\", deny: { from: a, to: b }, basis: { document: \"<svg onload=window.owned=1>\", clause: \"javascript:1\" } }\n";
    std::fs::write(dir.join("policy.yaml"), policy).unwrap();
    let report = Report::of("hostile", &dir, "ja");
    let mut page = Page::open("hostile");
    page.load(&report.file(), "");
    assert_eq!(page.ask("window.owned === undefined"), true);
    assert_eq!(page.ask("document.scripts.length"), 1);
    assert_eq!(
        page.ask(
            "document.querySelectorAll('img, [onerror], [onfocus], [onload], main b b').length"
        ),
        0
    );
    let text = page.ask("document.body.textContent");
    let text = text.as_str().unwrap();
    for shown in [evil, "<svg onload=window.owned=1>", "R<b>1", "\" onfocus=window.owned=1"] {
        assert!(text.contains(shown), "{shown} is missing");
    }
    assert_eq!(page.complaints, Vec::<String>::new());
    std::fs::remove_dir_all(&dir).unwrap();
}

/// A FortiGate that lets everything pass, with `name` wherever a name can stand.
fn fortigate(name: &str) -> String {
    format!(
        "#config-version=FGT60F-7.4.4-FW-build2662-240514:opmode=0:vdom=0:user=admin\nconfig system global\n    set hostname \"fw\"\nend\nconfig system interface\n    edit \"port1\"\n        set vdom \"root\"\n        set ip 10.0.1.1 255.255.255.0\n        set description \"{name}\"\n    next\n    edit \"port2\"\n        set vdom \"root\"\n        set ip 10.0.2.1 255.255.255.0\n    next\nend\nconfig firewall policy\n    edit 1\n        set name \"{name}\"\n        set srcintf \"port1\"\n        set dstintf \"port2\"\n        set action accept\n        set srcaddr \"all\"\n        set dstaddr \"all\"\n        set schedule \"always\"\n        set service \"ALL\"\n        set comments \"{name}\"\n    next\nend\n"
    )
}

/// Pictures for the README, and for whoever looks after a change: written to `SEKISHO_SHOTS` when it is set.
#[test]
fn pictures_are_not_empty() {
    let report = Report::of("pictures", &world("x-enet/delivered"), "ja");
    let mut page = Page::open("pictures");
    for (name, fragment, height) in
        [("report", "", 1000), ("finding", "#f-1", 1200), ("network", "#network", 640)]
    {
        let size =
            json!({ "width": 1180, "height": height, "deviceScaleFactor": 1, "mobile": false });
        page.send("Emulation.setDeviceMetricsOverride", size);
        page.load(&report.file(), fragment);
        let shot = page.send("Page.captureScreenshot", json!({ "format": "png" }));
        let bytes = base64(shot["data"].as_str().unwrap());
        assert!(bytes.len() > 20_000, "{name}: {} bytes", bytes.len());
        if let Some(dir) = std::env::var_os("SEKISHO_SHOTS") {
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(Path::new(&dir).join(format!("{name}.png")), &bytes).unwrap();
        }
    }
    assert_eq!(page.complaints, Vec::<String>::new());
}

/// RFC 4648, as the browser writes it.
fn base64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|c| *c != b'=').map(value).collect();
    let mut out = Vec::new();
    for part in letters.chunks(4) {
        let word = part.iter().fold(0_u32, |word, six| word << 6 | u32::from(*six))
            << (6 * (4 - part.len()));
        out.extend(word.to_be_bytes().iter().skip(1).take(part.len() - 1));
    }
    out
}

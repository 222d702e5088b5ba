//! Which words of a configuration belong to the vendor, and after which words a person's own text or a secret stands.
//!
//! What is not listed here is taken for a name. So a missing word costs a reader of the output some meaning; it never gives anything away.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::sheet::words;

/// Where a vendor's text holds what people wrote, and what nobody may see.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    /// The reader that it goes with.
    pub format: &'static str,
    /// Words whose argument is free text: what stands in quotation marks, or up to the next mark-up, else the rest of the line.
    pub free: &'static [&'static str],
    /// Whether free text without quotation marks is one word only.
    pub one_word: bool,
    /// Words whose argument is a secret, beside those of every vendor.
    pub secrets: &'static [&'static str],
}

/// One row a vendor.
const WORDING: &[Wording] = &[
    row(
        "fortios",
        &["comment", "comments", "description", "contact-info", "location"],
        &["passwd", "sn", "serial"],
    ),
    row(
        "asa",
        &["description", "remark", "contact", "location"],
        &["key", "activation-key", "auth-key"],
    ),
    row(
        "ios",
        &["description", "remark", "contact", "location"],
        &["key", "key-string", "auth-key"],
    ),
    row("nec-ix", &["description", "remark", "contact", "location"], &["key"]),
    row(
        "yamaha",
        &["description", "syscontact", "syslocation", "sysname"],
        &["text", "anonymous", "username", "myname"],
    ),
    row("alaxala", &["description", "remark", "contact", "location"], &["key", "auth-key"]),
    row("awplus", &["description", "remark", "contact", "location"], &["key"]),
    row(
        "junos",
        &["description", "contact", "location", "announcement", "message"],
        &["ascii-text", "hexadecimal", "authentication-key"],
    ),
    row(
        "panos",
        &["description", "comment", "comments", "contact", "location"],
        &["phash", "key", "bind-password", "private-key", "public-key"],
    ),
    Wording { one_word: true, ..row("iptables", &["--comment"], &[]) },
    Wording { one_word: true, ..row("nftables", &["comment"], &[]) },
    row("table", &[], &[]),
];

const fn row(
    format: &'static str,
    free: &'static [&'static str],
    secrets: &'static [&'static str],
) -> Wording {
    Wording { format, free, one_word: false, secrets }
}

/// Words before a secret, whoever wrote the device.
const SECRETS: &str = "password passwd secret psksecret psk pre-shared-key preshared-key passphrase pwd community enc encrypted-password simple-password \
    private-key auth-pwd priv-pwd auth-password priv-password api-key token md5-key wpa-psk wpa-passphrase shared-secret radius-key \
    tacacs-key auth-pass trapcommunity snmp-community";

/// Words between such a word and the secret: how it is written down.
const MANNERS: &str = "enc encrypted encryption cipher plain plaintext clear cleartext ascii-text ascii hexadecimal hex text local remote md5 sha sha1 \
    sha256 sha512 pbkdf2 scrypt secret password key algorithm-type 0 5 6 7 8 9 des 3des aes hash read-only read-write ro rw set value \
    string privilege level 15";

/// Arguments of such words that say what is asked of a secret, or that everybody tries first.
const NO_SECRETS: &str = "public private policy required enable disable enabled disabled minimum min-length length expire change config-key chain generate \
    rsa zeroize exchange lifetime none service recovery strength aging attempts complexity history format warning authentication \
    profile any address map list version group host";

fn is_in(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| known == word)
}

/// The row of a reader; `None` for what is no configuration.
#[must_use]
pub fn wording(format: &str) -> Option<&'static Wording> {
    WORDING.iter().find(|row| row.format == format)
}

/// Whether the argument of this word is a secret.
#[must_use]
pub fn precedes_secret(row: Option<&Wording>, word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    is_in(SECRETS, &word) || row.is_some_and(|row| row.secrets.contains(&word.as_str()))
}

/// Whether a word after such a word only says how the secret is written down.
#[must_use]
pub fn is_manner(word: &str) -> bool {
    is_in(MANNERS, &word.to_ascii_lowercase())
}

/// Whether a word after such a word is no secret at all.
#[must_use]
pub fn is_no_secret(word: &str) -> bool {
    is_in(NO_SECRETS, &word.to_ascii_lowercase())
}

/// Words of the readers' tables, of the policy and topology files and of the shipped packs, and what else devices print.
static VOCABULARY: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| include_str!("vocabulary.txt").split_whitespace().collect());

/// Beginnings of interface names, versions and services, to which a number is added: `port1`, `ge-0`, `v7`, `TCP443`.
const NUMBERED: &str = "port wan lan dmz internal eth en ens eno bond br vlan vl tun tap ppp wg veth lo loopback gigabitethernet gigaethernet gi gig ge \
    fastethernet fa fe tengigabitethernet te tengige xe twentyfivegige fortygigabitethernet hundredgige et ethernet management mgmt \
    serial se tunnel tu dialer di bvi bdi port-channel po channel sa null nu cellular async bri gr ip st lt ae reth irb fxp em me pp \
    bridge ngn usb ha npu vt vx vxlan virtual-template virtual-access tcp udp icmp v l modem svlan sfp fastether mobile onu wlan sha \
    aes group fgt oob ssl rip ospf";

/// Whether the word says nothing about whose device it is: a word of the vocabulary, a number, or the name of a port as devices come with it.
#[must_use]
pub fn is_common(word: &str) -> bool {
    if word.is_ascii() {
        let word = word.to_ascii_lowercase();
        let word = word.trim_matches(['-', '_']);
        return word.len() < 2 || VOCABULARY.contains(word) || is_number(word) || is_port(word);
    }
    VOCABULARY.contains(words::key(word).as_str()) || word.chars().all(|c| !c.is_alphanumeric())
}

/// Whether the word is made of common ones: `pass-log`, `server1`. As a name it says what something is for, not whose it is.
#[must_use]
pub fn is_composed(word: &str) -> bool {
    let part = |part: &str| {
        let stem = part.trim_end_matches(|c: char| c.is_ascii_digit());
        is_common(part) || is_model(part) || (part.len() - stem.len() < 5 && is_common(stem))
    };
    is_common(word)
        || if word.is_ascii() { word.split('-').all(part) } else { is_joined(&words::key(word)) }
}

/// Whether a Japanese word is known words one after the other: `送信元ゾーン`.
fn is_joined(word: &str) -> bool {
    let ends = word.char_indices().map(|(at, c)| at + c.len_utf8());
    let mut reached = vec![0];
    for end in ends {
        let from =
            |start: &usize| word.get(*start..end).is_some_and(|part| VOCABULARY.contains(part));
        if reached.iter().any(from) {
            reached.push(end);
        }
    }
    reached.last() == Some(&word.len())
}

/// Beginnings of the names of products; headers of exports say them.
const PRODUCTS: &str = "fgt fgr fwf fg fgvm rtx nvr srx ix ar ax asa pa isr asr c rev";

/// `FGT60F`, `RTX1210`, `Rev.15`: what a product or its version is called.
fn is_model(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let letters = word.trim_end_matches(|c: char| !c.is_ascii_digit()).len();
    let (number, letters) = word.split_at(letters);
    let stem = number.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    stem.len() < number.len() && letters.len() <= 2 && is_in(PRODUCTS, stem)
}

/// A number with what devices write around it: `8080`, `1-1024`, `86400s`, `7.2`.
fn is_number(word: &str) -> bool {
    if let Some(digits) = word.strip_prefix("0x") {
        return (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    }
    let body = word.trim_end_matches(['s', 'm', 'h', 'd', 'k', 'g', '%']);
    let body = if word.len() - body.len() > 1 { word } else { body };
    let digits = body.chars().filter(char::is_ascii_digit).count();
    // More parts than a range has are a date, or a telephone number.
    let parts: Vec<usize> = body.split('-').map(str::len).collect();
    let shaped = parts.len() < 3 || matches!(parts.as_slice(), [4, 1..=2, 1..=2]);
    digits > 0
        && shaped
        && longest_run(body) <= 7
        && body.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.' | '_'))
}

fn longest_run(word: &str) -> usize {
    word.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0)
}

fn is_port(word: &str) -> bool {
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | '_'));
    stem.len() < word.len() && longest_run(word) <= 5 && is_in(NUMBERED, stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_made_of_common_ones_are_composed() {
        assert!(is_composed("pass-log") && is_composed("server1") && !is_common("pass-log"));
        assert!(
            is_composed("FGT60F-7.2.5-FW-build1517-230606")
                && is_composed("RTX1210")
                && is_composed("Rev.15.02.22")
        );
        assert!(!is_composed("kasumi-server") && !is_composed("server20240401"));
    }

    #[test]
    fn words_of_devices_are_common_and_names_are_not() {
        for word in [
            "permit",
            "GigabitEthernet0",
            "ge-0",
            "443",
            "1-1024",
            "3600s",
            "TCP443",
            "-j",
            "許可",
            "7.2.5",
        ] {
            assert!(is_common(word), "{word}");
        }
        for word in [
            "shiyakusho",
            "srv-mynumber01",
            "H_10.1.2.3",
            "税務課",
            "Xy7fQ2",
            "0312345678",
            "03-1234-5678",
            "port99x",
        ] {
            assert!(!is_common(word), "{word}");
        }
    }
}

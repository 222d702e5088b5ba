//! The hygiene rules about what a device itself does and offers, and about the log.

use super::Entry;
use crate::text;

pub(super) fn entries() -> Vec<Entry> {
    let mut all = log_entries();
    all.extend(management_entries());
    all.extend(crypto_entries());
    all
}

fn log_entries() -> Vec<Entry> {
    vec![
        Entry {
            id: "lint/unlogged-permit",
            title: text!("記録されない許可", "permit that is not logged"),
            meaning: text!(
                "ファイアウォールの許可の行が、通過した通信をログに残しません。接続を記録しないスイッチやルータのアクセスリスト（接続単位で追跡しないもの）は対象外です。行にログの設定がなくても、機器全体の設定で接続を記録する機種（ASAのメッセージ302013など）は記録しているものとします。",
                "A permit of a firewall logs nothing of what passes. Lists of switches and routers that do not follow connections are not asked, and devices that log every connection whatever the line says (message 302013 of the ASA) count as logging."
            ),
            reason: text!(
                "侵害があったときに、いつ、どこから、どこへ通信があったかを確かめられません。",
                "After an intrusion nobody can say when, from where and to where there was traffic."
            ),
            remedy: text!(
                "許可の行でもログを有効にし、外部のログサーバへ送ってください。",
                "Switch logging on for permits, too, and send the log to a server."
            ),
        },
        Entry {
            id: "lint/no-syslog",
            title: text!("ログの外部保存なし", "log stays on the device"),
            meaning: text!(
                "ログを機器の外（syslogサーバなど）へ送る設定がありません。設定の全体が読めた機器だけを対象とします。",
                "No setting sends the log to another machine. Only devices whose whole configuration was read are asked."
            ),
            reason: text!(
                "機器の中のログは量が限られ、侵害や故障のときに失われます。",
                "A log on the device is short, and lost when the device is broken into or breaks."
            ),
            remedy: text!(
                "syslogサーバなどの保存先を設定し、そこまでの通信が許可されていることを確かめてください。",
                "Configure a syslog server and see that the traffic to it is permitted."
            ),
        },
        Entry {
            id: "lint/no-ntp",
            title: text!("時刻同期なし", "no time server"),
            meaning: text!(
                "時刻を合わせるサーバ（NTP）の設定がありません。設定の全体が読めた機器だけを対象とします。",
                "No time server is configured. Only devices whose whole configuration was read are asked."
            ),
            reason: text!(
                "時刻のずれたログは、他の機器の記録と突き合わせることができません。",
                "Logs with a wrong time cannot be held against those of other devices."
            ),
            remedy: text!(
                "組織のNTPサーバを設定してください。マイナンバー利用事務系など分離された領域では、その領域の中のサーバを使います。",
                "Configure the NTP server of the organisation; an isolated segment uses one of its own."
            ),
        },
    ]
}

fn management_entries() -> Vec<Entry> {
    vec![
        Entry {
            id: "lint/management-cleartext",
            title: text!("暗号化されない管理接続", "administration in the clear"),
            meaning: text!(
                "Telnet、HTTPなど、暗号化されない方式による機器の管理、または認証の弱いファイル転送サーバ（FTP、TFTP）が有効です。",
                "The device can be administered by Telnet or HTTP, or runs an FTP or TFTP server."
            ),
            reason: text!(
                "管理者のパスワードと設定の内容が、通信の途中で読み取られます。",
                "The password of the administrator, and the configuration, can be read on the way."
            ),
            remedy: text!(
                "停止し、SSHまたはHTTPSに替えてください。",
                "Switch it off and use SSH or HTTPS."
            ),
        },
        Entry {
            id: "lint/management-exposed",
            title: text!("外部に開いた管理サービス", "administration open to the outside"),
            meaning: text!(
                "外部のゾーンの任意のアドレスから、その側のインターフェースのアドレスにある機器の管理サービス（Telnet、SSH、HTTP、HTTPS、SNMP）へ到達できます。フィルタと接続元の制限をすべて適用した上での判定です。",
                "From any address of an external zone the administration of the device (Telnet, SSH, HTTP, HTTPS, SNMP) can be reached at the interface on that side, all filters and lists of permitted sources applied."
            ),
            reason: text!(
                "機器の脆弱性とパスワードへの攻撃を、誰からでも受けます。境界の機器を奪われると、すべての遮断が無効になります。",
                "Anybody can attack its weaknesses and passwords, and who owns the boundary undoes every barrier."
            ),
            remedy: text!(
                "外部に面したインターフェースの管理サービスを停止するか、接続元を限定してください。",
                "Switch it off at interfaces that face the outside, or limit who may connect."
            ),
        },
        Entry {
            id: "lint/snmp-community",
            title: text!("SNMPコミュニティの不備", "SNMP community at fault"),
            meaning: text!(
                "SNMP v1・v2cのコミュニティ名が推測しやすい（public、private）、書き込みを許している、または問い合わせの相手を限定していないのいずれかです。相手を限定した読み取り専用のコミュニティは指摘しません。",
                "A community of SNMP v1 or v2c is public or private, permits writing, or is answered to anybody. One that only reads and is answered to listed hosts is not reported."
            ),
            reason: text!(
                "コミュニティ名は暗号化されずに流れる唯一の合言葉です。経路表や設定が読み取られ、書き換えられることもあります。",
                "The community is the only password and travels in the clear; routes and settings can be read, and even changed."
            ),
            remedy: text!(
                "SNMPv3に替えるか、読み取り専用とし、監視サーバだけに応答させてください。",
                "Use SNMPv3, or let only the monitoring server read."
            ),
        },
    ]
}

fn crypto_entries() -> Vec<Entry> {
    vec![
        Entry {
            id: "lint/weak-crypto",
            title: text!("安全でない暗号", "weak cryptography"),
            meaning: text!(
                "VPNまたは管理接続に、DES、3DES、RC4、MD5、暗号化なし、IKEv1アグレッシブモード、SSHv1、TLS 1.1以前のいずれかを使う設定があります。",
                "A VPN or the administration may use DES, 3DES, RC4, MD5, no encryption, aggressive mode of IKEv1, SSHv1, or TLS 1.1 and older."
            ),
            reason: text!(
                "通信の内容や事前共有鍵が解読されるおそれがあります。",
                "What is sent, or the shared key, may be deciphered."
            ),
            remedy: text!(
                "対向の機器と合わせて、CRYPTRECの電子政府推奨暗号に替えてください。",
                "Agree with the other end on recommended ciphers."
            ),
        },
        Entry {
            id: "lint/cleartext-service",
            title: text!("暗号化されないサービスの許可", "cleartext service permitted"),
            meaning: text!(
                "外部のゾーンとの間で、暗号化されないサービス（FTP、Telnet、TFTP、HTTP、POP3、IMAP、SNMP、rlogin、rsh、PPTP、VNC）をポート番号で許可する行があります。外部のWebページを見るためのHTTP（外向き）と、HTTPSと同じ行で公開するHTTPは指摘しません。",
                "A line permits a service that is not encrypted (FTP, Telnet, TFTP, HTTP, POP3, IMAP, SNMP, rlogin, rsh, PPTP, VNC) by its port, from or to an external zone. HTTP that goes outward, or stands beside HTTPS, is not reported."
            ),
            reason: text!(
                "途中で内容とパスワードを読み取られ、書き換えられます。",
                "Content and passwords can be read and changed on the way."
            ),
            remedy: text!(
                "暗号化される方式に替えるか、VPNの中に限ってください。",
                "Use an encrypted counterpart, or keep it inside a VPN."
            ),
        },
        Entry {
            id: "lint/ha-difference",
            title: text!("冗長構成の設定差", "difference of an HA pair"),
            meaning: text!(
                "待機系の設定（topology.yamlのstandby）と稼働系の設定で、規則、オブジェクト、経路、適用箇所、または解釈できない行が異なります。ホスト名、シリアル番号、優先度など機器ごとに異なるべきものは比べません。",
                "The export of the standby unit (`standby` in topology.yaml) differs from that of the active one in rules, objects, routes, bindings or lines that are not understood. Host names, serial numbers and priorities are not compared."
            ),
            reason: text!(
                "切り替わった瞬間に、確認した遮断が効かなくなるか、業務の通信が止まります。",
                "After a failover a barrier that was verified is gone, or work stops."
            ),
            remedy: text!(
                "どちらが正しいかを確かめ、設定を同期してください。",
                "Find out which one is right and synchronise them."
            ),
        },
    ]
}

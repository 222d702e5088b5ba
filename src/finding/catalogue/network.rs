//! Hygiene rules that follow from the device and the network around it.

use super::Entry;
use crate::text;

/// The entries, in the order of [`super::LINT_RULES`].
pub(super) fn entries() -> Vec<Entry> {
    let mut all = passage_entries();
    all.extend(trust_entries());
    all.extend(age_entries());
    all
}

fn passage_entries() -> Vec<Entry> {
    vec![
        Entry {
            id: "lint/default-permit",
            title: text!("既定で通る通信", "permitted by default"),
            meaning: text!(
                "どの行にも一致しない通信が、フィルターの既定の動作により別のゾーンへ通ります。行が1つもない場合でも、そのフィルターがほかの組では既定で拒否するときに報告します（例: 1つのベンダーゾーンに入れた2つのゾーン、security-level の高い側から低い側）。",
                "Packets that no line names pass to another zone by the default of a filter. It is reported where the filter has lines there, or denies by default elsewhere (two zones in one vendor zone, a higher security level to a lower one)."
            ),
            reason: text!(
                "許可した覚えのない通信が通り、止める行を書き忘れても気付けません。",
                "Traffic that nobody permitted passes, and a forgotten deny is noticed by no one."
            ),
            remedy: text!(
                "既定の動作を拒否にし、業務に必要な通信だけを許可する行を加えてください。",
                "Let the default deny, and permit what work needs by lines."
            ),
        },
        Entry {
            id: "lint/no-filter",
            title: text!("フィルターのないインターフェース", "interface without a filter"),
            meaning: text!(
                "ほかの場所ではフィルターを適用している機器に、何も適用されずに別のゾーンへ転送されるインターフェースがあります。どこにもフィルターのない機器は通常のルーターとみなして報告しません。ただし、外部のネットワークに直接つながるとき、または同じ機種の機器が同じ名前のインターフェースでフィルターを適用しているときは報告します。",
                "On a device that filters elsewhere, packets from an interface are forwarded to another zone and meet no filter. A device that filters nowhere is taken for a plain router and not reported, unless another organisation's network is on one of its interfaces, or a device of the same kind filters at the interface of the same name."
            ),
            reason: text!(
                "多くの機種では、適用を忘れたインターフェースはすべてを通します。",
                "On most devices an interface that was forgotten passes everything."
            ),
            remedy: text!(
                "そのインターフェースに、業務に必要な通信だけを許可するフィルターを適用してください。",
                "Bind a filter there that permits what work needs and nothing else."
            ),
        },
        Entry {
            id: "lint/opaque-tunnel",
            title: text!("中身の見えないトンネル", "opaque tunnel"),
            meaning: text!(
                "ゾーンの間で、トンネルのプロトコル（ESP、GRE、IPIP、L2TP、VXLAN、WireGuard など）が許可されているか、相手側の分からないトンネルがあります。入力にある機器が終端するトンネルは報告しません。",
                "A tunnel protocol (ESP, GRE, IPIP, L2TP, VXLAN, WireGuard…) is permitted between zones, or a tunnel ends where nothing is known. Tunnels that end on a device of the input are not reported."
            ),
            reason: text!(
                "トンネルの中の通信は、どのフィルターでも見えません。両端の間に別の回線があるのと同じです。",
                "No filter sees what travels inside: it is another line between its ends."
            ),
            remedy: text!(
                "用途と承認を確かめ、不要であれば削除し、必要であれば境界の機器で終端してください。",
                "Settle what it is for and who approved it; delete it, or end it on the boundary device."
            ),
        },
    ]
}

fn trust_entries() -> Vec<Entry> {
    vec![
        Entry {
            id: "lint/dual-homed-host",
            title: text!("2つのゾーンにまたがる機器", "host in two zones"),
            meaning: text!(
                "設定に書かれた静的 ARP などで、1つの MAC アドレスが複数のゾーンのアドレスを持っています。機器をまたいで照合します。ルーターやファイアウォール自身のアドレスは除きます。",
                "Static ARP entries and the like give one hardware address network addresses of several zones, compared over all devices. Addresses of routers and firewalls are left out."
            ),
            reason: text!(
                "その機器が、ファイアウォールを通らない通り道になります。",
                "The host is a way around every firewall."
            ),
            remedy: text!(
                "機器を1つのゾーンだけに接続してください。",
                "Connect it to one zone only."
            ),
        },
        Entry {
            id: "lint/no-source-check",
            title: text!("送信元の検査なし", "no check of sources"),
            meaning: text!(
                "送信元アドレスを偽った通信が、機器を通過できます。逆経路確認（uRPF）の有無が設定に現れる機種についてだけ判断します。",
                "Packets with a forged source address can pass the device. Only formats that show the reverse-path check are judged."
            ),
            reason: text!(
                "別のネットワークに許可した行を、送信元を偽った端末が使えます。返信は届きませんが、片方向の攻撃は成立します。",
                "A host can use lines that are meant for another network; no reply comes back, but one direction can be enough."
            ),
            remedy: text!(
                "インターフェースで逆経路確認を有効にするか、行に入力インターフェースと送信元の条件を加えてください。",
                "Switch on the reverse-path check, or limit lines by interface and source."
            ),
        },
        Entry {
            id: "lint/translation-exposes",
            title: text!("アドレス変換による公開", "exposed by translation"),
            meaning: text!(
                "外部からの通信の宛先を、公開用でないゾーンのアドレスに変換しています。変換前の宛先を書いたために一致しない許可の行も報告します。",
                "A translation leads packets from outside to addresses of a zone that is not meant to be published. Permits that can never match because they name the address from before translation are reported, too."
            ),
            reason: text!(
                "変換の設定だけでは規則の一覧に現れず、公開範囲が見落とされます。",
                "It does not show in the list of rules, and what is published is overlooked."
            ),
            remedy: text!(
                "公開するサーバを DMZ に置くか、役割 dmz または published を付けてください。不要な変換は削除してください。",
                "Move published servers into a DMZ or give them the role `dmz` or `published`; delete translations that are not needed."
            ),
        },
        Entry {
            id: "lint/dead-permit",
            title: text!("通信の届かない許可", "permit that nothing reaches"),
            meaning: text!(
                "行の送信元または宛先のアドレスが、リストの適用されているインターフェースの先にないか、宛先への経路がありません。経路とゾーンの配置だけから判断します。",
                "The source or destination of a permit is not beyond the interfaces where its list is bound, or there is no route to it. This follows from routes and the places of zones alone."
            ),
            reason: text!(
                "廃止した接続先の行が残っていると、アドレスが再利用されたときに通信が開きます。誤ったインターフェースに適用した行のこともあります。",
                "A line that a retired peer left behind opens when its address is used again; or the line stands on the wrong interface."
            ),
            remedy: text!(
                "不要であれば削除し、必要であればアドレスとインターフェースを直してください。",
                "Delete it, or mend its addresses or place."
            ),
        },
    ]
}

fn age_entries() -> Vec<Entry> {
    vec![
        Entry {
            id: "lint/expired-rule",
            title: text!("期限を過ぎた許可", "permit past its end"),
            meaning: text!(
                "許可の行の名前またはコメントに書かれた期限（西暦、和暦）が、判定の時点（--at）で過ぎています。--at を指定しないときは報告しません。期限切れそのものが規程違反とは限りません。",
                "The name or comment of a permit states an end, in Western or Japanese years, that lies before the moment of judgment (`--at`). Without `--at` nothing is reported. An end that has passed is not by itself a breach of a rule."
            ),
            reason: text!(
                "一時的な許可が恒久的な穴になります。",
                "Temporary permits become permanent holes."
            ),
            remedy: text!(
                "用が済んでいれば削除し、必要であれば申請と承認を経て期限を改めてください。",
                "Delete it when it has served; else have it approved again and state a new end."
            ),
        },
        Entry {
            id: "lint/undated-temporary-rule",
            title: text!("期限のない一時的な許可", "temporary permit without an end"),
            meaning: text!(
                "許可の行の名前またはコメントに「一時」「暫定」「テスト」などとありますが、期限が書かれていません。",
                "The name or comment of a permit calls it temporary, a trial or a test, and states no end."
            ),
            reason: text!(
                "いつ削除すべきか誰にも分からず、残り続けます。",
                "Nobody knows when to delete it, so it stays."
            ),
            remedy: text!(
                "用が済んでいれば削除し、必要であれば期限を書いてください。",
                "Delete it when it has served; else state its end."
            ),
        },
        Entry {
            id: "lint/unused-object",
            title: text!("使われていない定義", "unused object"),
            meaning: text!(
                "アドレス、サービス、グループの定義が、設定のどこからも使われていません。製品が出荷時に持つ定義は数えません。",
                "An address, service or group is defined and nothing in the configuration names it. Objects that products ship with are not counted."
            ),
            reason: text!(
                "廃止した機器や相手先の名残であることが多く、規則を読み誤る原因になります。",
                "Most often it was left behind by a retired peer, and misleads whoever reads the rules."
            ),
            remedy: text!("不要な定義を削除してください。", "Delete what is not needed."),
        },
        Entry {
            id: "lint/unused-port",
            title: text!("用途のない有効なポート", "port that is up for nothing"),
            meaning: text!(
                "停止していない物理ポートに、説明も VLAN もアドレスも設定されていません。",
                "A physical port is not shut down and has neither description nor VLAN nor address."
            ),
            reason: text!(
                "空いているポートに機器をつなぐだけで、ネットワークに入れます。",
                "Whoever plugs something in is on the network."
            ),
            remedy: text!(
                "使っていなければ停止し、使っていれば用途を書いてください。",
                "Shut it down, or describe what it is for."
            ),
        },
    ]
}

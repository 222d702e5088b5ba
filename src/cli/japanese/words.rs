//! The words.

/// Each description as it stands in `arguments.rs`, without its last full stop, and in Japanese.
pub(super) const WORDS: &[(&str, &str)] = &[
    (
        "Network segmentation verifier: reads firewall and router exports as they are and judges every policy rule as holds, violated or undetermined",
        "ネットワーク分離の検証: ファイアウォールとルータの設定を出力したまま読み取り、方針の規則ごとに適合・不適合・確認不能を判定します",
    ),
    (
        "Exit codes: 0 all hold; 1 a violation at or above --fail-on; 2 the tool could not do its work; \
         3 inconclusive: no proven violation, but something is undetermined; 4 no inputs.",
        "終了コード: 0 すべて適合／1 --fail-on 以上の不適合がある／2 処理できなかった／3 不適合は示されないが確認不能がある／4 入力がない",
    ),
    (
        "Exit codes: 0 yes; 1 no; 2 unusable input.",
        "終了コード: 0 はい／1 いいえ／2 入力を扱えない",
    ),
    // Commands.
    ("Judge every policy rule", "方針の規則をすべて判定します"),
    (
        "Say why one zone reaches another, or does not",
        "あるゾーンから別のゾーンへ届く（届かない）理由を示します",
    ),
    ("Follow packets hop by hop and line by line", "パケットを機器ごと、行ごとに追跡します"),
    (
        "Say what falls when a host or zone is compromised; without one, where to ask",
        "ホストまたはゾーンが侵害された場合の影響範囲を示します。指定がなければ、確認すべき起点の一覧です",
    ),
    ("Show what travels between every pair of zones", "すべてのゾーン間の到達可能性を表にします"),
    (
        "Say exactly which traffic became possible or impossible between two states",
        "2つの状態の間で、新たに通るようになった通信と通らなくなった通信を示します",
    ),
    (
        "Say of a wished connection whether it passes, which rule forbids it, which devices need a line",
        "通信許可申請の事前確認: すでに通るか、どの規則が禁止しているか、どの機器に行が必要かを示します",
    ),
    (
        "Propose edits that end the violations, each tried out; changes nothing",
        "不適合を解消する是正案を、試したうえで示します（何も変更しません）",
    ),
    ("Look for hygiene defects in the configurations", "設定を点検します"),
    (
        "Say how the inputs were read, and which lines were not understood",
        "入力をどう読み取ったか、解釈できなかった行はどれかを示します",
    ),
    (
        "Write a first topology.yaml from the configurations alone",
        "設定だけから topology.yaml のひな形を作ります",
    ),
    ("Print a JSON Schema", "JSON Schema を出力します"),
    (
        "Explain a kind of finding, or a rule of a pack; without ID, list the kinds",
        "指摘事項の種類、または方針パックの規則を説明します。ID がなければ種類の一覧です",
    ),
    (
        "Show a policy pack; without ID, list those that are shipped",
        "方針パックを表示します。ID がなければ同梱のパックの一覧です",
    ),
    ("Write a report for an auditor", "監査人などに渡す報告書を作成します"),
    (
        "Keep inputs and outputs so that others can check them; log who was told what",
        "入力と出力を第三者が検査できる形で保存します。誰に何を通知したかを記録します",
    ),
    ("Print a completion script for a shell", "シェルの補完スクリプトを出力します"),
    ("Print the manual page, or the one of a command", "マニュアルを出力します"),
    (
        "Judge, and write inputs, outputs and hashes into a new directory (BagIt)",
        "判定し、入力・出力・ハッシュ値を新しいディレクトリに書き出します（BagIt）",
    ),
    (
        "Check a bundle: every hash, every file, and that the inputs give the outputs again",
        "証拠一式を検査します: すべてのハッシュ値とファイル、同じ入力から同じ出力が得られること",
    ),
    (
        "Add to a log of who was told what; nothing in it can be changed later without a trace",
        "誰に何を通知したかを記録に追記します。後から書き換えると分かります",
    ),
    ("Check a log of notices, and print its seal", "通知の記録を検査し、封印の値を表示します"),
    (
        "Checks a certificate of `sekisho check --certificate` against configurations, topology and policy, without the engine that wrote it",
        "`sekisho check --certificate` の証明書を、設定・構成・方針に照らして、作成したエンジンを用いずに検証します",
    ),
    // Flags of every command.
    (
        "Language of messages [default: from LC_ALL, LC_MESSAGES, LANG]",
        "表示の言語 [既定: LC_ALL、LC_MESSAGES、LANG による]",
    ),
    ("Whether to add colour (NO_COLOR is respected)", "色を付けるか（NO_COLOR に対応）"),
    (
        "Print no report; the exit code and the --output files say it",
        "結果を表示しません（終了コードと --output のファイルで知らせます）",
    ),
    ("Show long lists in full", "長い一覧を省略せずに表示します"),
    // What is read.
    (
        "Directory with topology.yaml, policy.yaml and configurations, or one configuration file",
        "topology.yaml、policy.yaml と設定を置いたディレクトリ、または設定ファイル1つ",
    ),
    (
        "Directory with topology.yaml, policy.yaml and configurations",
        "topology.yaml、policy.yaml と設定を置いたディレクトリ",
    ),
    ("Directory or configuration file", "ディレクトリまたは設定ファイル"),
    (
        "Moment at which schedules are read, on the devices' own clocks (2026-11-22T10:30)",
        "スケジュールを読む時点。機器の時計による（2026-11-22T10:30）",
    ),
    (
        "Reader for every configuration, instead of detection (see doctor --formats)",
        "すべての設定の形式。指定がなければ内容から判別します（doctor --formats を参照）",
    ),
    (
        "Refuse what is estimated, not measured, to take more memory than this (500MB, 2GB); verdicts that do not fit are undetermined",
        "これを超えるメモリーが要ると見積もられる入力は断ります（500MB、2GB。実測ではありません）。収まらない判定は確認不能とします",
    ),
    ("The certificate", "証明書"),
    // Where the report goes.
    (
        "Write the report to a file as well; may be given several times",
        "結果をファイルにも書きます（複数可）",
    ),
    (
        "Least severity of a violation that ends with 1: info, low, medium, high, critical",
        "終了コードを 1 とする不適合の、最も低い重大度: info, low, medium, high, critical",
    ),
    ("End with 0 instead of 1 or 3", "終了コード 1 と 3 を 0 にします"),
    // check.
    (
        "Findings of this earlier run (a baseline file, or a report in JSON) are known and do not decide the exit code",
        "以前の結果（基準ファイル、または JSON の結果）にある指摘を既知とし、終了コードに影響させません",
    ),
    (
        "Let chains of compromised hosts go through relays (content disarming, screen transfer, proxies) as through any host",
        "中継（無害化、画面転送、プロキシ）を、踏み台の切断点とせずに判定します",
    ),
    ("Write the findings of this run as a baseline file", "今回の指摘を基準ファイルに書きます"),
    (
        "Write proofs and witnesses, to be checked with sekisho-verify",
        "判定の証明と証拠を書き出します（sekisho-verify で検証できます）",
    ),
    (
        "Go on, and report again whenever an input is written, until interrupted",
        "中断されるまで、入力が書き換わるたびに判定し直します",
    ),
    // explain, trace, blast.
    ("Where it starts: a zone or zone.host", "始点: ゾーン、または ゾーン.ホスト"),
    (
        "Where it ends: a zone, zone.host or self:device",
        "終点: ゾーン、ゾーン.ホスト、または self:機器",
    ),
    ("Only this service: tcp/443, udp/53, icmp", "このサービスに限ります: tcp/443、udp/53、icmp"),
    ("What is printed", "出力形式"),
    (
        "Source address, destination address and service of one packet (tcp/445)",
        "1つのパケットの送信元アドレス、宛先アドレス、サービス（tcp/445）",
    ),
    (
        "CSV file with a header row: ingress,src,dst,protocol,source_port,destination_port,…",
        "見出しのある CSV ファイル: ingress,src,dst,protocol,source_port,destination_port,…",
    ),
    (
        "Where the packet enters: a zone or device:interface",
        "パケットの入口: ゾーン、または 機器:インターフェース",
    ),
    ("What is compromised: a zone or zone.host", "侵害されたもの: ゾーン、または ゾーン.ホスト"),
    ("Go through relays as through any host", "中継を、ほかのホストと同じように経由します"),
    // diff, request, fix.
    (
        "The state before: a directory, a configuration file, or REVISION:PATH of a git repository",
        "変更前: ディレクトリ、設定ファイル、または git リポジトリの リビジョン:パス",
    ),
    ("The state after", "変更後"),
    ("Write it to a file as well; may be given several times", "ファイルにも書きます（複数可）"),
    (
        "Name no address in the card, for a repository that vendors read",
        "カードにアドレスを載せません（委託先も読むリポジトリ用）",
    ),
    (
        "End with 1 when traffic differs, with 3 when that cannot be told",
        "通信に違いがあれば終了コード 1、判断できなければ 3 にします",
    ),
    (
        "Where it starts and ends (a zone or zone.host), and the service (tcp/443)",
        "始点、終点（ゾーン、または ゾーン.ホスト）、サービス（tcp/443）",
    ),
    (
        "A list as CSV or workbook with the columns from, to, service (送信元, 宛先, サービス)",
        "一覧のファイル（CSV または Excel。送信元・宛先・サービスの列）",
    ),
    (
        "Write all edits as one patch of the configurations (patch -p1, git apply)",
        "すべての是正案を、設定の差分ファイルに書きます（patch -p1、git apply）",
    ),
    // doctor, init, schema, rule, pack, completions, man.
    ("List the readers and what each approximates", "対応形式と、それぞれの近似を一覧にします"),
    ("Print it instead of writing it", "ファイルに書かず、表示します"),
    ("Replace a topology.yaml that exists", "既にある topology.yaml を置き換えます"),
    ("Of which file", "対象のファイル"),
    (
        "Kind of finding (forbidden-path, lint/shadowed, …) or rule of a shipped pack (alpha/MN-ISO)",
        "指摘事項の種類（forbidden-path、lint/shadowed など）、または同梱の方針パックの規則（alpha/MN-ISO）",
    ),
    ("Identifier of a shipped pack", "同梱の方針パックの ID"),
    (
        "Print its file, as a start for one's own",
        "パックのファイルを出力します（自団体のパックの出発点になります）",
    ),
    ("The command", "コマンド"),
    ("The shell", "シェル"),
    // report.
    ("Which report", "報告書の種類"),
    ("In which form", "形式"),
    (
        "Write it to this file instead of printing it (xlsx and pdf need one)",
        "表示せず、このファイルに書きます（xlsx と pdf では必須）",
    ),
    (
        "The state before, to compare with (--kind change needs it)",
        "比べる前回の状態（--kind change では必須）",
    ),
    (
        "Findings of this earlier run are told as known (a baseline file, or a report in JSON)",
        "以前の結果（基準ファイル、または JSON の結果）にある指摘を既知と記載します",
    ),
    (
        "YAML file with what the cover says (sekisho schema report)",
        "記載事項の YAML ファイル（sekisho schema report）",
    ),
    (
        "Leave out addresses, witnesses and what configurations say",
        "アドレス、証拠パケット、設定の内容を伏せます",
    ),
    (
        "Font file for pdf [default: BIZ UDGothic or IPAex Gothic where systems have them]",
        "pdf のフォント [既定: 端末にある BIZ UDゴシックまたは IPAexゴシック]",
    ),
    // scrub.
    (
        "Take names, addresses, secrets and comments out of a network, and prove that it is judged alike",
        "外部に見せるための写しを作ります。名称・アドレス・秘密の値・コメントを除き、判定が元と同じであることを確かめます",
    ),
    (
        "A file of any bytes from which new addresses are drawn; without it the inputs are the key, and who guesses them can confirm the guess",
        "新しいアドレスを決める鍵のファイル（内容は任意）。指定しなければ入力が鍵になり、元の内容を言い当てた人は推測を確かめられます",
    ),
    (
        "Write what stands for what (CSV); it gives everything away, so keep it at home",
        "置き換えの対応表（CSV）を書きます。すべてが分かってしまうため、庁内で保管してください",
    ),
    ("Leave the names of devices, zones and objects", "機器・ゾーン・オブジェクトの名称を残します"),
    // evidence.
    (
        "The directory to write; it must not exist, or be empty",
        "書き出すディレクトリ（存在しないか、空であること）",
    ),
    (
        "Keep only the hashes of the inputs, not the inputs",
        "入力そのものではなく、ハッシュ値だけを収めます",
    ),
    (
        "Add a certificate; of a large network that takes minutes",
        "証明書を加えます（大きなネットワークでは数分かかります）",
    ),
    ("As in check", "check と同じ"),
    (
        "What the papers say that no configuration shows, as in report",
        "報告書に記す、設定からは分からない事項（report と同じ）",
    ),
    ("The directory", "ディレクトリ"),
    ("The log; made when it is not there", "記録（なければ作ります）"),
    ("The log", "記録"),
    (
        "When, on the writer's clock (2026-11-22T10:30)",
        "日時。書く人の時計による（2026-11-22T10:30）",
    ),
    ("Who tells it", "通知した人"),
    ("Who is told", "通知を受けた人"),
    ("What is told", "通知の内容"),
    (
        "Fingerprint of a finding that it is about; may be given several times",
        "対象の指摘の識別子（複数可）",
    ),
];

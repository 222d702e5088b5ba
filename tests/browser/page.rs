//! A page in headless Chromium, driven over its DevTools pipe: JSON messages that end in NUL, through two named pipes.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long any answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Page {
    browser: Child,
    dir: PathBuf,
    pipe: std::fs::File,
    messages: Receiver<Value>,
    session: String,
    last: u64,
    /// What the page complained of: exceptions, console errors, refused loads.
    pub complaints: Vec<String>,
}

impl Page {
    /// A browser with one empty page. Its profile and its pipes are in `dir`, which it makes and takes away again.
    pub fn open(name: &str) -> Page {
        let dir =
            std::env::temp_dir().join(format!("sekisho-browser-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        for pipe in ["in", "out"] {
            assert!(Command::new("mkfifo").arg(dir.join(pipe)).status().unwrap().success());
        }
        let flags = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --hide-scrollbars \
                     --disable-background-networking --remote-debugging-pipe --window-size=1280,900";
        // Both pipes are opened for reading and writing, so that nobody waits for the other end.
        let script = format!(
            "exec chromium {flags} --user-data-dir=\"$0/profile\" about:blank 3<>\"$0/in\" 4<>\"$0/out\""
        );
        let browser = Command::new("bash")
            .args(["-c", &script])
            .arg(&dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let both =
            |name| std::fs::OpenOptions::new().read(true).write(true).open(dir.join(name)).unwrap();
        let (pipe, output) = (both("in"), both("out"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(output);
            let mut bytes = Vec::new();
            while reader.read_until(0, &mut bytes).is_ok_and(|read| read > 0) {
                bytes.pop();
                let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                bytes.clear();
                if sender.send(value).is_err() {
                    break;
                }
            }
        });
        let session = String::new();
        let mut page =
            Page { browser, dir, pipe, messages, session, last: 0, complaints: Vec::new() };
        page.attach();
        page
    }

    fn attach(&mut self) {
        let targets = self.send("Target.getTargets", json!({}));
        let infos = targets["targetInfos"].as_array().unwrap().clone();
        let target = infos.iter().find(|info| info["type"] == "page").unwrap();
        let wanted = json!({ "targetId": target["targetId"], "flatten": true });
        self.session =
            self.send("Target.attachToTarget", wanted)["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            self.send(domain, json!({}));
        }
    }

    /// Sends a command and waits for its answer.
    pub fn send(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.pipe.write_all(&bytes).unwrap();
        let id = self.last;
        let answer = self.wait(method, |message| message["id"] == id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn wait(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self
                .messages
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no answer: {what}"));
            self.note(&message);
            if wanted(&message) {
                return message;
            }
        }
    }

    fn note(&mut self, message: &Value) {
        let params = &message["params"];
        let complaint = match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => params["type"] == "error",
            Some("Log.entryAdded") => params["entry"]["level"] == "error",
            _ => false,
        };
        if complaint {
            self.complaints.push(params.to_string());
        }
    }

    /// Loads a file, at a fragment (`""` for none).
    pub fn load(&mut self, file: &Path, fragment: &str) {
        let url = format!("file://{}{fragment}", file.display());
        self.send("Page.navigate", json!({ "url": "about:blank" }));
        self.wait("blank", |message| message["method"] == "Page.loadEventFired");
        self.send("Page.navigate", json!({ "url": url }));
        self.wait("load", |message| message["method"] == "Page.loadEventFired");
    }

    /// The value of an expression in the page.
    pub fn ask(&mut self, expression: &str) -> Value {
        let params =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.send("Runtime.evaluate", params);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Presses and releases a key, and waits until the page is drawn anew: a link that was followed sets the address at once, but
    /// its target comes into sight, and the next Tab starts from it, with the next frame only.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => 0,
        };
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let mut params =
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                params["text"] = text.into();
            }
            self.send("Input.dispatchKeyEvent", params);
        }
        self.ask("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))))");
    }

    /// Asks until the answer is the wanted one. Panics with the last answer when it does not come.
    pub fn expect(&mut self, expression: &str, wanted: impl Into<Value>) {
        let wanted = wanted.into();
        let asked = Instant::now();
        loop {
            let answer = self.ask(expression);
            if answer == wanted {
                return;
            }
            assert!(asked.elapsed() < PATIENCE, "{expression}: {answer} instead of {wanted}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.browser.kill();
        let _ = self.browser.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

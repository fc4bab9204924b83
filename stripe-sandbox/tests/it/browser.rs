//! One real browser, driven from outside; it ends with the test, whatever becomes of that.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Starts the driver, and ends it as soon as nobody holds the other end of the pipe: also when the tests are killed.
const DRIVER: &str = "chromedriver --port=0 --log-level=SEVERE & driver=$!; cat >/dev/null; kill $driver";

/// How often the browser is asked whether something is there.
const OFTEN: Duration = Duration::from_millis(30);

const MISSING: &str = "the browser tests need chromium and its driver: sh deploy/install-debian.sh test";

pub(crate) struct Browser {
    client: Client,
    profile: PathBuf,
    width: u32,
    // Its standard input keeps the driver alive.
    _driver: Child,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let mut driver = Command::new("sh")
            .args(["-c", DRIVER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect(MISSING);
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("chromium-{}", std::process::id()));
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // Through a pipe, so that the browser ends with its driver.
            "--remote-debugging-pipe",
            &format!("--user-data-dir={}", profile.display()),
        ];
        let wanted = json!({"browserName": "chrome", "goog:chromeOptions": {"args": arguments}});
        let Value::Object(wanted) = wanted else { unreachable!() };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect(MISSING);
        Self { client, profile, width: 0, _driver: driver }
    }

    pub(crate) async fn stop(self) {
        self.client.close().await.unwrap();
        let _ = std::fs::remove_dir_all(self.profile);
    }

    /// Makes the window as large as that of a desktop, or of a phone.
    pub(crate) async fn resize(&mut self, width: u32, height: u32) {
        let phone = width < 600;
        let params = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone});
        self.client.issue_cmd(Devtools("Emulation.setDeviceMetricsOverride", params)).await.unwrap();
        self.width = width;
    }

    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub(crate) async fn back(&self) {
        self.client.back().await.unwrap();
    }

    /// The first thing that the selector names, once it is there.
    pub(crate) async fn find(&self, selector: &str) -> Element {
        match self.client.wait().every(OFTEN).for_element(Locator::Css(selector)).await {
            Ok(element) => element,
            Err(error) => panic!("{selector}: {error} on {}", self.client.source().await.unwrap()),
        }
    }

    pub(crate) async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.unwrap()
    }

    pub(crate) async fn value(&self, selector: &str) -> String {
        self.find(selector).await.prop("value").await.unwrap().unwrap_or_default()
    }

    pub(crate) async fn click(&self, selector: &str) {
        self.find(selector).await.click().await.unwrap();
    }

    pub(crate) async fn fill(&self, fields: &[(&str, &str)]) {
        for (selector, text) in fields {
            let field = self.find(selector).await;
            field.clear().await.unwrap();
            field.send_keys(text).await.unwrap();
        }
    }

    /// Presses the button with this label.
    pub(crate) async fn press(&self, label: &str) {
        let button = format!("//button[starts-with(normalize-space(), '{label}')]");
        self.client.wait().every(OFTEN).for_element(Locator::XPath(&button)).await.expect(label);
        for button in self.client.find_all(Locator::XPath(&button)).await.unwrap() {
            if button.is_displayed().await.unwrap() {
                return button.click().await.unwrap();
            }
        }
        panic!("no button {label} can be seen on {}", self.client.source().await.unwrap());
    }

    /// Waits for the page that has what the selector names, checks that its address begins so, and returns the address.
    pub(crate) async fn arrive(&self, selector: &str, start: &str) -> String {
        self.find(selector).await;
        let url = self.client.current_url().await.unwrap().to_string();
        assert!(url.starts_with(start), "{url} instead of {start}");
        url
    }

    /// Keeps a picture of the page, for people, and checks what a picture shows at once: nothing reaches beyond the window.
    pub(crate) async fn picture(&self, name: &str) {
        let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        let beyond = self.client.execute(script, Vec::new()).await.unwrap();
        assert_eq!(beyond, json!(0), "{name} is wider than the window");
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("stripe-sandbox-pages");
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(folder.join(format!("{name}-{}.png", self.width)), picture).unwrap();
    }
}

/// A command of the browser's own tools, which the driver passes on.
#[derive(Debug)]
struct Devtools(&'static str, Value);

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({"cmd": self.0, "params": self.1}).to_string()))
    }
}

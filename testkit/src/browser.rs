//! One real browser, driven from outside, as a buyer sits before it; it ends with the test, whatever becomes of that. It must
//! never know what a page is about.

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, error::CmdError, wd::WebDriverCompatibleCommand};
use futures_util::FutureExt as _;
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};
use url::Url;

/// Starts the driver, and ends it as soon as nobody holds the other end of the pipe: also when the tests are killed.
const DRIVER: &str = "chromedriver --port=0 --log-level=SEVERE & driver=$!; cat >/dev/null; kill $driver";

/// How often the browser is asked whether something is there.
const OFTEN: Duration = Duration::from_millis(30);
/// How often a look may be cut off by the page's changing.
const LOOKS_CUT_OFF: usize = 20;

const ANSWERS: &str = "the browser answers";

const MISSING: &str = "the browser tests need chromium and its driver: sh deploy/install-debian.sh test";

/// A browser with one window.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    /// Where pictures of pages are kept.
    pictures: PathBuf,
    profile: PathBuf,
    width: u32,
    // Its standard input keeps the driver alive.
    _driver: Child,
}

impl Browser {
    /// Plays what a buyer does in a browser of its own, which ends however the play does. Pictures go to this folder.
    pub async fn play(pictures: &Path, play: impl AsyncFnOnce(&mut Self)) {
        let mut browser = Self::start(pictures).await;
        let played = AssertUnwindSafe(play(&mut browser)).catch_unwind().await;
        browser.stop().await;
        if let Err(panic) = played {
            resume_unwind(panic);
        }
    }

    async fn start(pictures: &Path) -> Self {
        std::fs::create_dir_all(pictures).expect("the pictures' folder can be made");
        let mut driver = Command::new("sh")
            .args(["-c", DRIVER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let mut lines = BufReader::new(driver.stdout.take().expect("it is piped")).lines();
        let port = loop {
            let line = lines.next_line().await.expect("the driver speaks text").expect(MISSING);
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        let profile = pictures.join(format!("chromium-{}", std::process::id()));
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
        Self { client, pictures: pictures.to_owned(), profile, width: 0, _driver: driver }
    }

    async fn stop(self) {
        self.client.close().await.expect(ANSWERS);
        let _ = std::fs::remove_dir_all(self.profile);
    }

    /// Makes the window as large as that of a desktop, or of a phone.
    pub async fn resize(&mut self, width: u32, height: u32) {
        let phone = width < 600;
        let params = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone});
        self.client.issue_cmd(Devtools("Emulation.setDeviceMetricsOverride", params)).await.expect(ANSWERS);
        self.width = width;
    }

    /// Goes to this address.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.expect(ANSWERS);
    }

    /// Goes back to the page before.
    pub async fn back(&self) {
        self.client.back().await.expect(ANSWERS);
    }

    /// The driver's answer to looking for it until it is there. A look that is cut off because the page changes meanwhile says nothing.
    async fn once_there(&self, what: Locator<'_>) -> Result<Element, CmdError> {
        for _ in 0..LOOKS_CUT_OFF {
            match self.client.wait().every(OFTEN).for_element(what).await {
                Err(CmdError::NotW3C(said)) if said == "aborted by navigation" => {}
                answer => return answer,
            }
        }
        self.client.wait().every(OFTEN).for_element(what).await
    }

    /// The first thing that the selector names, once it is there.
    pub async fn find(&self, selector: &str) -> Element {
        match self.once_there(Locator::Css(selector)).await {
            Ok(element) => element,
            Err(error) => panic!("{selector}: {error} on {}", self.client.source().await.expect(ANSWERS)),
        }
    }

    /// Waits until the page tells this in a notice.
    pub async fn notices(&self, words: &str) {
        let notice = format!("//*[@role='alert' or @role='status'][contains(normalize-space(), \"{words}\")]");
        if let Err(error) = self.once_there(Locator::XPath(&notice)).await {
            panic!("{words}: {error} on {}", self.client.source().await.expect(ANSWERS));
        }
    }

    /// What can be read in the first thing that the selector names.
    pub async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.expect(ANSWERS)
    }

    /// What stands in a field.
    pub async fn value(&self, selector: &str) -> String {
        self.find(selector).await.prop("value").await.expect(ANSWERS).unwrap_or_default()
    }

    /// Clicks on it.
    pub async fn click(&self, selector: &str) {
        self.find(selector).await.click().await.expect(ANSWERS);
    }

    /// Types texts into fields, by their selectors.
    pub async fn fill(&self, fields: &[(&str, &str)]) {
        for (selector, text) in fields {
            let field = self.find(selector).await;
            field.clear().await.expect(ANSWERS);
            field.send_keys(text).await.expect(ANSWERS);
        }
    }

    /// Presses the button with this label.
    pub async fn press(&self, label: &str) {
        let button = format!("//button[starts-with(normalize-space(), '{label}')]");
        self.client.wait().every(OFTEN).for_element(Locator::XPath(&button)).await.expect(label);
        for button in self.client.find_all(Locator::XPath(&button)).await.expect(ANSWERS) {
            if button.is_displayed().await.expect(ANSWERS) {
                return button.click().await.expect(ANSWERS);
            }
        }
        panic!("no button {label} can be seen on {}", self.client.source().await.expect(ANSWERS));
    }

    /// Waits for the page that has what the selector names, checks that its address begins so, and returns the address.
    pub async fn arrive(&self, selector: &str, start: &str) -> String {
        self.find(selector).await;
        let url = self.client.current_url().await.expect(ANSWERS).to_string();
        assert!(url.starts_with(start), "{url} instead of {start}");
        url
    }

    /// Keeps a picture of the page, for people, and checks what a picture shows at once: nothing reaches beyond the window.
    pub async fn picture(&self, name: &str) {
        let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        let beyond = self.client.execute(script, Vec::new()).await.expect(ANSWERS);
        assert_eq!(beyond, json!(0), "{name} is wider than the window");
        let picture = self.client.screenshot().await.expect(ANSWERS);
        let file = self.pictures.join(format!("{name}-{}.png", self.width));
        std::fs::write(file, picture).expect("a picture can be written");
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

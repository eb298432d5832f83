use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};

/// How long anything may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);

/// A real browser without a window, with a profile of its own. It ends with the test, however that ends.
#[derive(Debug)]
pub(crate) struct Chromium {
    pub(crate) client: Client,
    driver: Driver,
    session: String,
    _profile: TempDir,
}

/// Chromium's driver on a free port.
#[derive(Debug)]
struct Driver {
    child: Child,
    address: SocketAddr,
}

impl Chromium {
    pub(crate) async fn start() -> Self {
        let driver = Driver::start();
        let profile = tempfile::tempdir().unwrap();
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // Containers give shared memory too little room.
            "--disable-dev-shm-usage",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let capabilities = json!({ "goog:chromeOptions": { "args": args } });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("it is an object");
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://{}", driver.address))
            .await
            .unwrap();
        let session = client.session_id().await.unwrap().unwrap();
        Self {
            client,
            driver,
            session,
            _profile: profile,
        }
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// The first element that the selector finds, waited for.
    #[track_caller]
    pub(crate) fn element(&self, css: &str) -> impl Future<Output = Element> {
        let caller = std::panic::Location::caller();
        async move {
            let wait = self.client.wait().at_most(PATIENCE);
            match wait.for_element(Locator::Css(css)).await {
                Ok(element) => element,
                Err(error) => panic!(
                    "{caller}: no {css}: {error}; the page is {}",
                    self.client.source().await.unwrap_or_default()
                ),
            }
        }
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        self.element(css).await.text().await.unwrap()
    }

    pub(crate) async fn has(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    /// How many elements of the page the selector finds.
    pub(crate) async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        let field = self.element(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks on what leads to another page, and waits until the old page is gone.
    pub(crate) async fn follow(&self, css: &str) {
        let old = self.element("html").await;
        self.element(css).await.click().await.unwrap();
        let start = Instant::now();
        while old.tag_name().await.is_ok() {
            assert!(start.elapsed() < PATIENCE, "{css} leads nowhere");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.element("html").await;
    }

    /// Fills the form in and sends it.
    pub(crate) async fn enter(&self, name: &str, password: &str) {
        self.type_into("#name", name).await;
        self.type_into("#password", password).await;
        self.follow(".entry button").await;
    }

    /// What a script of the page gets.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// The status of the page that is shown.
    pub(crate) async fn status(&self) -> u64 {
        let script = "return performance.getEntriesByType('navigation')[0].responseStatus";
        self.script(script).await.as_u64().unwrap()
    }

    /// Speaks to the browser past the page: what `document.cookie` does not show, this does.
    pub(crate) async fn devtools(&self, method: &'static str, params: Value) -> Value {
        self.client
            .issue_cmd(DevTools { method, params })
            .await
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Every cookie in the browser but a visitor's, which says nothing of a log-in, in the order of their names.
    pub(crate) async fn cookies(&self) -> Vec<Value> {
        let answer = self.devtools("Network.getAllCookies", json!({})).await;
        let mut cookies = answer["cookies"].as_array().unwrap().clone();
        cookies.retain(|cookie| cookie["name"] != "__Host-csrf");
        cookies.sort_by_key(|cookie| cookie["name"].as_str().unwrap().to_owned());
        cookies
    }

    pub(crate) async fn cookie_names(&self) -> Vec<String> {
        let cookies = self.cookies().await;
        cookies
            .iter()
            .map(|cookie| cookie["name"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Ends the browser in good order first: one that only loses its driver goes on for ever.
impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.driver.quit(&self.session);
    }
}

impl Driver {
    fn start() -> Self {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is not there: cargo xtask test installs it");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let port = loop {
            let mut line = String::new();
            assert_ne!(
                stdout.read_line(&mut line).unwrap(),
                0,
                "chromedriver ended at once"
            );
            if let Some((_, port)) = line
                .trim_end()
                .trim_end_matches('.')
                .split_once("successfully on port ")
            {
                break port.parse().unwrap();
            }
        };
        // Nobody reads the rest, and a full pipe would stop the driver.
        std::thread::spawn(move || std::io::copy(&mut stdout.by_ref(), &mut std::io::sink()));
        Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        }
    }

    /// Blocks until the driver says that the browser is gone, in the way that a destructor can.
    fn quit(&self, session: &str) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "DELETE /session/{session} HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.address
        )?;
        // The driver keeps the connection; the first bytes of its answer are all there is to wait for.
        stream.read_exact(&mut [0; 12])
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command of the `DevTools` protocol, which the driver passes on.
#[derive(Debug)]
struct DevTools {
    method: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        let body = json!({ "cmd": self.method, "params": self.params });
        (http::Method::POST, Some(body.to_string()))
    }
}

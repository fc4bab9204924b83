//! A mail server that letters are handed to, and the connections kept to it while there are letters.
//!
//! The connections are ours and not lettre's pool's: that puts a connection back even when the exchange on it was broken off
//! half-way, and the next letter would then read the answers meant for the last one.

use std::{sync::Mutex, time::Duration};

use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
        response::Response,
    },
};
use tokio::time::timeout;
use url::{Host, Url};

use crate::post::{BadPost, Verdict};

/// One mail server.
pub(crate) struct Smtp {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    hello: ClientId,
    patience: Duration,
    /// Connections on which everything asked was answered.
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

enum Security {
    /// TLS from the first byte.
    Wrapped(TlsParameters),
    /// TLS after `STARTTLS`, or nothing is sent.
    StartTls(TlsParameters),
    /// None.
    Open,
}

/// Why there was no answer that takes the letter.
enum Trouble {
    /// Not the letter's fault, whatever the server said: a wrong password must not cost a single letter.
    NoConnection(Error),
    /// The server's answer to the letter, or none.
    Letter(Error),
}

impl Smtp {
    pub(crate) fn new(url: &Url, hello: &str, patience: Duration) -> Result<Self, BadPost> {
        let host = match url.host().ok_or(BadPost::Address)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let host = Some(host).filter(|host| !host.is_empty()).ok_or(BadPost::Address)?;
        let tls = || TlsParameters::new(host.clone()).map_err(|_| BadPost::Address);
        let (security, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Security::Wrapped(tls()?), 465),
            ("smtp", None) => (Security::StartTls(tls()?), 587),
            ("smtp", Some("tls=none")) => (Security::Open, 25),
            _ => return Err(BadPost::Address),
        };
        let credentials = credentials(url)?;
        if credentials.is_some() && matches!(security, Security::Open) {
            return Err(BadPost::PasswordInTheClear);
        }
        Ok(Self {
            port: url.port().unwrap_or(port),
            host,
            security,
            credentials,
            hello: ClientId::Domain(hello.to_owned()),
            patience,
            idle: Mutex::default(),
        })
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Hands a letter over.
    pub(crate) async fn send(&self, message: &Message) -> Verdict {
        let Ok(exchanged) = timeout(self.patience, self.exchange(message)).await else {
            return Verdict::PutOff("the mail server took too long".to_owned());
        };
        match exchanged {
            Ok(answer) => Verdict::Accepted(answer.message().collect::<Vec<_>>().join(" ")),
            Err(Trouble::Letter(error)) if error.is_permanent() || error.is_client() => Verdict::Refused(told(&error)),
            Err(Trouble::Letter(error) | Trouble::NoConnection(error)) => Verdict::PutOff(told(&error)),
        }
    }

    async fn exchange(&self, message: &Message) -> Result<Response, Trouble> {
        let mut connection = match self.kept().await {
            Some(kept) => kept,
            None => self.connect().await.map_err(Trouble::NoConnection)?,
        };
        let answer = connection.send(message.envelope(), &message.formatted()).await;
        if answer.is_ok() {
            self.keep(connection);
        }
        answer.map_err(Trouble::Letter)
    }

    /// A kept connection that still answers.
    async fn kept(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let mut kept = self.idle.lock().ok()?.pop()?;
            if kept.test_connected().await {
                return Some(kept);
            }
        }
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(connection);
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let wrapped = if let Security::Wrapped(tls) = &self.security { Some(tls.clone()) } else { None };
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.patience), &self.hello, wrapped, None).await?;
        if let Security::StartTls(tls) = &self.security {
            connection.starttls(tls.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        Ok(connection)
    }

    /// Whether the server answers and lets us in.
    pub(crate) async fn check(&self) -> Result<(), String> {
        match timeout(self.patience, self.connect()).await {
            Ok(Ok(connection)) => {
                self.keep(connection);
                self.hang_up().await;
                Ok(())
            }
            Ok(Err(error)) => Err(told(&error)),
            Err(_) => Err(format!("no answer within {} s", self.patience.as_secs())),
        }
    }

    /// Ends the kept connections, politely if the server is.
    pub(crate) async fn hang_up(&self) {
        let kept = self.idle.lock().map(|mut idle| std::mem::take(&mut *idle)).unwrap_or_default();
        for mut connection in kept {
            let _ = timeout(Duration::from_secs(1), connection.quit()).await;
        }
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, BadPost> {
    let decoded = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| BadPost::Credentials)
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => Ok(Some(Credentials::new(decoded(user)?, decoded(password)?))),
        _ => Err(BadPost::Credentials),
    }
}

/// An error with its causes.
fn told(error: &Error) -> String {
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !told.contains(&text) {
            told = format!("{told}: {text}");
        }
        cause = inner.source();
    }
    told
}

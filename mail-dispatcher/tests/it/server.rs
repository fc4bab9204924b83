//! A mail server: it speaks SMTP (RFC 5321) to any number of clients at once, keeps what it was given, and answers as the test
//! wants it to.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use mail_parser::{Message, MessageParser};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::JoinHandle,
};

/// What the server does with a letter.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Takes it.
    Take,
    /// Answers its recipient with this.
    Recipient(&'static str),
    /// Answers its content with this.
    Content(&'static str),
    /// Takes its content and ends the connection without an answer.
    Drop,
    /// Takes its content and never answers.
    Hang,
}

/// A letter as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) raw: Vec<u8>,
}

impl Received {
    pub(crate) fn message(&self) -> Message<'_> {
        MessageParser::default().parse(&self.raw).unwrap()
    }

    pub(crate) fn subject(&self) -> String {
        self.message().subject().unwrap().to_owned()
    }

    pub(crate) fn text(&self) -> String {
        self.message().body_text(0).unwrap().into_owned()
    }

    pub(crate) fn html(&self) -> String {
        self.message().body_html(0).unwrap().into_owned()
    }

    pub(crate) fn id(&self) -> String {
        self.message().message_id().unwrap().to_owned()
    }
}

type Script = dyn Fn(usize) -> Reply + Send + Sync;

struct Desk {
    script: Box<Script>,
    greeting: &'static str,
    letters: AtomicUsize,
    connections: AtomicUsize,
    received: Mutex<Vec<Received>>,
    arrivals: mpsc::UnboundedSender<Received>,
}

/// A running server; it is gone when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    desk: Arc<Desk>,
    arrivals: mpsc::UnboundedReceiver<Received>,
    listening: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Server {
    /// One that does this with its nth letter, from 0.
    pub(crate) async fn start(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), "220 mail.test ESMTP", script).await
    }

    /// One that takes everything.
    pub(crate) async fn taking() -> Self {
        Self::start(|_| Reply::Take).await
    }

    pub(crate) async fn start_at(
        address: SocketAddr,
        greeting: &'static str,
        script: impl Fn(usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, arrivals) = mpsc::unbounded_channel();
        let desk = Arc::new(Desk {
            script: Box::new(script),
            greeting,
            letters: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            received: Mutex::default(),
            arrivals: sender,
        });
        let for_clients = Arc::clone(&desk);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                for_clients.connections.fetch_add(1, Ordering::SeqCst);
                // A client that goes away in the middle is no news.
                let desk = Arc::clone(&for_clients);
                tokio::spawn(async move { drop(Session::new(client, desk).serve().await) });
            }
        });
        Self { address, desk, arrivals, listening }
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    /// The next letter whose content has come, as soon as it has.
    pub(crate) async fn next(&mut self) -> Received {
        self.arrivals.recv().await.unwrap()
    }

    /// All whose content has come so far.
    pub(crate) fn all(&self) -> Vec<Received> {
        self.desk.received.lock().unwrap().clone()
    }

    /// The only one.
    pub(crate) fn only(&self) -> Received {
        let all = self.all();
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.desk.connections.load(Ordering::SeqCst)
    }

    /// How many letters were begun, whatever became of them.
    pub(crate) fn begun(&self) -> usize {
        self.desk.letters.load(Ordering::SeqCst)
    }
}

struct Session {
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
    desk: Arc<Desk>,
}

impl Session {
    fn new(client: TcpStream, desk: Arc<Desk>) -> Self {
        let (read, write) = client.into_split();
        Self { read: BufReader::new(read), write, desk }
    }

    async fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.write.write_all(format!("{line}\r\n").as_bytes()).await
    }

    /// A line without its end; an error at the end of the connection.
    async fn line(&mut self) -> std::io::Result<Vec<u8>> {
        let mut line = Vec::new();
        if self.read.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        assert!(line.ends_with(b"\r\n"), "a bare line feed: {:?}", String::from_utf8_lossy(&line));
        line.truncate(line.len() - 2);
        Ok(line)
    }

    async fn serve(mut self) -> std::io::Result<()> {
        self.say(self.desk.greeting).await?;
        let (mut from, mut to, mut reply) = (String::new(), Vec::new(), Reply::Take);
        loop {
            let line = String::from_utf8(self.line().await?).unwrap();
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    self.say("250-mail.test").await?;
                    self.say("250-8BITMIME").await?;
                    self.say("250 SMTPUTF8").await?;
                }
                "NOOP" | "RSET" => self.say("250 OK").await?,
                "MAIL" => {
                    reply = (self.desk.script)(self.desk.letters.fetch_add(1, Ordering::SeqCst));
                    (from, to) = (path(&line), Vec::new());
                    self.say("250 OK").await?;
                }
                "RCPT" => {
                    to.push(path(&line));
                    let answer = if let Reply::Recipient(answer) = reply { answer } else { "250 OK" };
                    self.say(answer).await?;
                }
                "DATA" => {
                    self.say("354 go on").await?;
                    let received = Received { from: from.clone(), to: to.clone(), raw: self.content().await? };
                    self.desk.received.lock().unwrap().push(received.clone());
                    let _ = self.desk.arrivals.send(received);
                    match reply {
                        Reply::Content(answer) => self.say(answer).await?,
                        Reply::Drop => return Ok(()),
                        Reply::Hang => std::future::pending().await,
                        Reply::Take | Reply::Recipient(_) => self.say("250 2.0.0 queued as 42").await?,
                    }
                }
                "QUIT" => return self.say("221 bye").await,
                _ => self.say("500 what?").await?,
            }
        }
    }

    /// The content up to the lone dot, with dots that were doubled on the way made single again.
    async fn content(&mut self) -> std::io::Result<Vec<u8>> {
        let mut content = Vec::new();
        loop {
            let line = self.line().await?;
            if line == b"." {
                return Ok(content);
            }
            content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            content.extend_from_slice(b"\r\n");
        }
    }
}

/// The address between the angle brackets.
fn path(line: &str) -> String {
    let (_, rest) = line.split_once('<').unwrap();
    rest.split_once('>').unwrap().0.to_owned()
}

//! The wire between a process and its database, cut in the middle of a batch or where it hurts most: at the commit.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use foundation::Cell;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::house::House;

/// Where the wire is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The server never hears of the batch's first statement.
    BeforeFence,
    /// The server never hears of the commit.
    BeforeCommit,
    /// The server commits, and its answer is lost.
    AfterCommit,
    /// The same, and no connection is had from then on.
    AfterCommitAndAllThatFollow,
}

#[derive(Debug, Clone)]
pub(crate) struct Wire(Arc<State>);

#[derive(Debug)]
struct State {
    port: u16,
    server: String,
    orders: Mutex<VecDeque<Cut>>,
    cuts: AtomicUsize,
    turns: AtomicUsize,
    down: AtomicBool,
}

impl Wire {
    pub(crate) async fn to(house: &House) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = house.db.settings().database_url;
        let server = address.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
        let port = listener.local_addr().unwrap().port();
        let (cuts, turns, down) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        let state = State { port, server, orders: Mutex::default(), cuts, turns, down };
        let wire = Self(Arc::new(state));
        tokio::spawn(wire.clone().carry(listener));
        wire
    }

    /// The house's cell, at the other end of this wire.
    pub(crate) fn cell(&self, house: &House) -> Cell {
        let mut settings = house.db.settings();
        settings.database_url = settings.database_url.replace(&self.0.server, &format!("127.0.0.1:{}", self.0.port));
        Cell::open(&settings).unwrap()
    }

    /// Cuts at the next commit, or fence.
    pub(crate) fn cut(&self, cut: Cut) {
        self.0.orders.lock().unwrap().push_back(cut);
    }

    /// How often it was cut.
    pub(crate) fn cuts(&self) -> usize {
        self.0.cuts.load(Ordering::Relaxed)
    }

    /// How often the server was asked and had to answer before the next could be asked: a statement is one, its first time two.
    pub(crate) fn turns(&self) -> usize {
        self.0.turns.load(Ordering::Relaxed)
    }

    /// Carries no new connection from now on.
    pub(crate) fn down(&self) {
        self.0.down.store(true, Ordering::Relaxed);
    }

    /// Carries again what comes.
    pub(crate) fn mend(&self) {
        self.0.down.store(false, Ordering::Relaxed);
    }

    async fn carry(self, listener: TcpListener) {
        while let Ok((client, _)) = listener.accept().await {
            if !self.0.down.load(Ordering::Relaxed) {
                tokio::spawn(self.clone().connection(client));
            }
        }
    }

    async fn connection(self, mut client: TcpStream) -> std::io::Result<()> {
        let mut server = TcpStream::connect(&self.0.server).await?;
        let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
        let mut turn = true;
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let many = read?;
                    self.0.turns.fetch_add(usize::from(std::mem::take(&mut turn)), Ordering::Relaxed);
                    let cut = self.ordered(&asked[..many]);
                    if many == 0 || matches!(cut, Some(Cut::BeforeCommit | Cut::BeforeFence)) {
                        return Ok(());
                    }
                    if cut == Some(Cut::AfterCommitAndAllThatFollow) {
                        self.down();
                    }
                    server.write_all(&asked[..many]).await?;
                    if cut.is_some() {
                        // The answer has come, so it is committed; the client never sees it.
                        let _ = server.read(&mut answered).await?;
                        return Ok(());
                    }
                }
                read = server.read(&mut answered) => {
                    let many = read?;
                    if many == 0 {
                        return Ok(());
                    }
                    client.write_all(&answered[..many]).await?;
                    turn = true;
                }
            }
        }
    }

    fn ordered(&self, asked: &[u8]) -> Option<Cut> {
        let mut orders = self.0.orders.lock().unwrap();
        let at: &[u8] = match orders.front()? {
            Cut::BeforeFence => b"insert into batches",
            // A simple query of this one word.
            _ => b"COMMIT\0",
        };
        if !asked.windows(at.len()).any(|bytes| bytes == at) {
            return None;
        }
        self.0.cuts.fetch_add(1, Ordering::Relaxed);
        orders.pop_front()
    }
}

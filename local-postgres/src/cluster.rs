//! The platform's own lasting cluster. It must never lose what was committed: it writes with `fsync` and survives
//! the death of the program that started it.

use std::path::PathBuf;

use crate::home::Home;
use crate::server::Server;
use crate::{HOST, SUPERUSER, Trouble};

/// Which cluster is wanted.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The directory that the cluster belongs to; made if it does not exist.
    pub home: PathBuf,
    /// The port on 127.0.0.1.
    pub port: u16,
}

/// A running cluster. Dropping it (or being killed) leaves the server running, and the next [`Cluster::ensure`]
/// takes it over; [`Cluster::stop`] ends it.
#[derive(Debug)]
pub struct Cluster {
    server: Server,
    port: u16,
    password: String,
    _home: Home,
}

impl Cluster {
    /// Gives the running cluster of `settings.home`: sets it up if there is none yet, takes over a server that an
    /// earlier program has left running, starts it where it was after a crash. Returns when it takes connections.
    /// Holds the home against other programs for as long as the value lives. Blocks; the first time a second or
    /// two, otherwise less, after a crash as long as the recovery takes.
    pub fn ensure(settings: Settings) -> Result<Self, Trouble> {
        let Settings { home, port } = settings;
        let home = Home::open(&home)?;
        let (place, account) = home.place()?;
        let server = Server::at(place, account)?;
        let password = password(&home, &server)?;
        server.bring_up(port)?;
        Ok(Self { server, port, password, _home: home })
    }

    /// Stops the server: sessions are ended, what was committed is safe. Returns when it is down.
    pub fn stop(self) -> Result<(), Trouble> {
        self.server.stop()
    }

    /// The superuser's address of `database` (a plain name, put in as it is). Holds the password: not for logs.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}:{}@{HOST}:{}/{database}", self.password, self.port)
    }

    /// The address that the server listens on.
    pub fn host(&self) -> &'static str {
        HOST
    }

    /// The port that the server listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser's name.
    pub fn user(&self) -> &'static str {
        SUPERUSER
    }

    /// The superuser's password. Not for logs.
    pub fn password(&self) -> &str {
        &self.password
    }
}

/// The kept password, or a new one that is given to the cluster first and kept then: a kill in between is mended
/// by the next start, and so is a home whose files were deleted while the data was elsewhere.
fn password(home: &Home, server: &Server) -> Result<String, Trouble> {
    let is_set_up = server.is_set_up();
    if let Some(password) = home.password()?.filter(|_| is_set_up) {
        return Ok(password);
    }
    let password = hex::encode(rand::random::<[u8; 24]>());
    if is_set_up {
        server.reset_password(&password)?;
    } else {
        server.set_up(&password)?;
    }
    home.keep_password(&password)?;
    Ok(password)
}

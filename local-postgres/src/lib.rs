//! Runs PostgreSQL servers of our own from the distribution's server programs: [`Cluster`], the lasting one behind
//! `stagedoor start`, and [`Scratch`], the throw-away one behind the tests.
//!
//! It owns finding the programs, the user they run as, their directories, starting and stopping. It must never run
//! PostgreSQL as root, never delete the data of a lasting cluster, and never speak SQL to a running server: what is
//! inside the databases is the caller's. Every call here blocks the thread.

mod account;
mod binaries;
mod cluster;
mod conf;
mod home;
mod postmaster;
mod scratch;
mod server;
mod trouble;

pub use cluster::{Cluster, Settings};
pub use scratch::Scratch;
pub use trouble::Trouble;

/// The superuser of every server that is started here.
pub(crate) const SUPERUSER: &str = "postgres";

/// The only address that a server listens on.
pub(crate) const HOST: &str = "127.0.0.1";

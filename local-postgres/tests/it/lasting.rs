//! The lasting cluster: what happens to it when its program, its server or its home die.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::Signal;

use crate::child::Program;
use crate::workshop::{Workshop, is_root, lives, query, signal, wait_until};

#[test]
fn is_set_up_durably_and_privately() {
    let workshop = Workshop::new();
    let cluster = workshop.ensure().unwrap();
    let url = cluster.url("postgres");
    assert_eq!(query(&url, "select current_user"), "postgres");
    for (setting, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("shared_buffers", "256MB"),
        ("max_wal_size", "8GB"),
        ("max_connections", "200"),
        ("listen_addresses", "127.0.0.1"),
    ] {
        assert_eq!(query(&url, &format!("show {setting}")), value, "{setting}");
    }
    assert_eq!(query(&url, "select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256'"), "0");

    let data = fs::metadata(workshop.place().join("data")).unwrap();
    assert_eq!(data.mode() & 0o777, 0o700);
    assert_ne!(data.uid(), 0, "the data is never root's");
    let password = fs::metadata(workshop.home().join("postgres.password")).unwrap();
    assert_eq!(password.mode() & 0o777, 0o600);
    cluster.stop().unwrap();
    assert_eq!(workshop.pid(), None);
}

#[test]
fn outlives_its_killed_program_and_is_taken_over() {
    let workshop = Workshop::new();
    let program = Program::cluster(&workshop.home(), workshop.port);
    assert_eq!(program.said, "ready");
    let server = workshop.pid().unwrap();
    program.kill();

    let cluster = workshop.ensure().unwrap();

    assert!(lives(server));
    assert_eq!(workshop.pid(), Some(server));
    assert_eq!(query(&cluster.url("postgres"), "select 1"), "1");
}

#[test]
fn starts_again_where_it_was_after_a_crash() {
    let workshop = Workshop::new();
    let cluster = workshop.ensure().unwrap();
    query(&cluster.url("postgres"), "create table kept as select 42 as n");
    drop(cluster);
    let server = workshop.pid().unwrap();
    signal(server, Signal::KILL);
    wait_until("the server is dead", || !lives(server));

    let cluster = workshop.ensure().unwrap();

    assert_ne!(workshop.pid(), Some(server));
    assert_eq!(query(&cluster.url("postgres"), "select n from kept"), "42");
}

/// A session that is stopped in the middle of its work outlives its server; nobody may write beside it.
#[test]
fn waits_for_the_sessions_of_a_crashed_server() {
    let workshop = Workshop::new();
    let cluster = workshop.ensure().unwrap();
    let url = cluster.url("postgres");
    let session: i32 =
        query(&url, "select pid from pg_stat_activity where backend_type = 'checkpointer'").parse().unwrap();
    drop(cluster);
    let server = workshop.pid().unwrap();
    signal(session, Signal::STOP);
    signal(server, Signal::KILL);
    wait_until("the server is dead", || !lives(server));
    let log = workshop.place().join("postgresql.log");

    let refused = || fs::read_to_string(&log).is_ok_and(|log| log.contains("is still in use"));
    let cluster = std::thread::scope(|scope| {
        let starting = scope.spawn(|| workshop.ensure());
        wait_until("a refused start", refused);
        signal(session, Signal::CONT);
        starting.join().unwrap().unwrap()
    });

    assert_eq!(query(&cluster.url("postgres"), "select 1"), "1");
}

/// After a reboot the process id in the stale lock file may be any program's, even one of the same user.
#[test]
fn a_stale_lock_with_the_id_of_a_living_program_does_not_stop_it() {
    let workshop = Workshop::new();
    let cluster = workshop.ensure().unwrap();
    query(&cluster.url("postgres"), "create table kept as select 42 as n");
    drop(cluster);
    let server = workshop.pid().unwrap();
    signal(server, Signal::KILL);
    wait_until("the server is dead", || !lives(server));
    let lock = workshop.place().join("data/postmaster.pid");
    let owner = fs::metadata(&lock).unwrap();
    let mut other = Command::new("/bin/cat");
    other.stdin(std::process::Stdio::piped());
    if is_root() {
        other.uid(owner.uid()).gid(owner.gid());
    }
    let mut other = other.spawn().unwrap();
    let text = fs::read_to_string(&lock).unwrap();
    fs::write(&lock, text.replacen(&server.to_string(), &other.id().to_string(), 1)).unwrap();

    let cluster = workshop.ensure().unwrap();

    assert_eq!(query(&cluster.url("postgres"), "select n from kept"), "42");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn moves_to_another_port() {
    let mut workshop = Workshop::new();
    let cluster = workshop.ensure().unwrap();
    query(&cluster.url("postgres"), "create table kept as select 42 as n");
    drop(cluster);
    workshop.port = crate::workshop::free_port();

    let cluster = workshop.ensure().unwrap();

    assert_eq!(query(&cluster.url("postgres"), "show port"), workshop.port.to_string());
    assert_eq!(query(&cluster.url("postgres"), "select n from kept"), "42");
}

#[test]
fn a_home_deleted_beneath_the_running_server_is_set_up_anew() {
    let workshop = Workshop::new();
    drop(workshop.ensure().unwrap());
    let server = workshop.pid().unwrap();
    wait_until("the home is removed", || fs::remove_dir_all(workshop.home()).is_ok());
    assert!(lives(server));

    let cluster = workshop.ensure().unwrap();

    assert_eq!(query(&cluster.url("postgres"), "select 1"), "1");
    assert!(!lives(server));
}

#[test]
fn a_lost_password_is_replaced_and_the_data_stays() {
    let workshop = Workshop::new();
    let cluster = workshop.ensure().unwrap();
    let lost = cluster.password().to_owned();
    query(&cluster.url("postgres"), "create table kept as select 42 as n");
    drop(cluster);
    fs::remove_file(workshop.home().join("postgres.password")).unwrap();

    let cluster = workshop.ensure().unwrap();

    assert_ne!(cluster.password(), lost);
    assert_eq!(query(&cluster.url("postgres"), "select n from kept"), "42");
}

/// As root only: an ordinary user runs PostgreSQL as itself and may enter its own home.
#[test]
fn the_data_lives_elsewhere_if_its_user_may_not_enter_the_home() {
    if !is_root() {
        return;
    }
    let workshop = Workshop::new();
    fs::set_permissions(&workshop.root, fs::Permissions::from_mode(0o700)).unwrap();
    let cluster = workshop.ensure().unwrap();
    query(&cluster.url("postgres"), "create table kept as select 42 as n");
    assert!(workshop.place().starts_with("/var/lib/stagedoor"), "{}", workshop.place().display());
    assert!(!workshop.home().join("postgres").exists());
    cluster.stop().unwrap();

    let cluster = workshop.ensure().unwrap();

    assert_eq!(query(&cluster.url("postgres"), "select n from kept"), "42");
}

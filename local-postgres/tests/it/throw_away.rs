//! The throw-away server: quick to come, and gone without a trace.

use std::path::PathBuf;

use local_postgres::Scratch;

use crate::child::Program;
use crate::workshop::{lives, query, wait_until};

#[test]
fn serves_and_leaves_nothing_behind() {
    let scratch = Scratch::start().unwrap();
    assert_eq!(query(&scratch.url("postgres"), "show fsync"), "off");
    assert_eq!(query(&scratch.url("postgres"), "select upper('ä'), 'Z' < 'a'"), "Ä|t");
    let directory = scratch.directory().to_path_buf();
    let server = server_in(&directory);
    drop(scratch);
    assert!(!directory.exists());
    assert!(!lives(server));
}

#[test]
fn two_at_once_do_not_know_each_other() {
    let (one, other) = (Scratch::start().unwrap(), Scratch::start().unwrap());
    assert_ne!((one.port(), one.directory()), (other.port(), other.directory()));
    query(&one.url("postgres"), "create table only_here (n int)");
    assert_eq!(query(&other.url("postgres"), "select to_regclass('only_here') is null"), "t");
}

#[test]
fn is_gone_after_its_program_was_killed() {
    let program = Program::scratch();
    let (directory, _port) = program.said.rsplit_once(' ').expect("directory and port");
    let directory = PathBuf::from(directory);
    let server = server_in(&directory);
    assert!(lives(server));

    program.kill();

    wait_until("the server is gone", || !lives(server));
    wait_until("the directory is removed", || !directory.exists());
}

fn server_in(directory: &std::path::Path) -> i32 {
    let lock = std::fs::read_to_string(directory.join("data/postmaster.pid")).expect("a lock file");
    lock.lines().next().expect("its first line").trim().parse().expect("a process id")
}

//! Each trouble that can be made to happen says what to do, in one line.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use local_postgres::{Cluster, Settings};

use crate::child::Program;
use crate::workshop::Workshop;

fn one_line(told: &str, parts: &[&str]) {
    assert!(!told.contains('\n'), "{told}");
    for part in parts {
        assert!(told.contains(part), "no {part:?} in: {told}");
    }
}

#[test]
fn missing_programs_name_the_package() {
    let workshop = Workshop::new();
    let told = Program::cluster_with_programs(&workshop.home(), workshop.port, Path::new("/nowhere/bin"));
    one_line(&told, &["/nowhere/bin", "apt-get install postgresql", "STAGEDOOR_POSTGRES_BIN"]);
}

#[test]
fn a_taken_port_names_the_setting() {
    let workshop = Workshop::new();
    let holder = TcpListener::bind(("127.0.0.1", workshop.port)).unwrap();
    let told = workshop.ensure().unwrap_err().to_string();
    one_line(&told, &[&workshop.port.to_string(), "postgres.port"]);
    drop(holder);
    workshop.ensure().expect("it comes up once the port is free");
}

#[test]
fn a_full_disk_names_the_directory_and_its_space() {
    let workshop = Workshop::new();
    let programs = programs(&workshop, "echo 'initdb: error: could not write: No space left on device' >&2; exit 1");
    let told = Program::cluster_with_programs(&workshop.home(), workshop.port, &programs);
    one_line(&told, &["no space left", &workshop.home().display().to_string(), "MiB free", "postgres.home"]);
}

#[test]
fn a_failed_set_up_says_why() {
    let workshop = Workshop::new();
    let programs = programs(&workshop, "echo 'initdb: error: the moon is full' >&2; exit 1");
    let told = Program::cluster_with_programs(&workshop.home(), workshop.port, &programs);
    one_line(&told, &["could not set up", "the moon is full"]);
}

#[test]
fn a_home_that_cannot_be_written_names_itself() {
    let workshop = Workshop::new();
    let file = workshop.root.join("file");
    fs::write(&file, "").unwrap();
    let home = file.join("home");
    let told = Cluster::ensure(Settings { home: home.clone(), port: workshop.port }).unwrap_err().to_string();
    one_line(&told, &["cannot write", &home.display().to_string(), "postgres.home"]);
}

#[test]
fn a_second_program_is_told_who_has_the_home() {
    let workshop = Workshop::new();
    let program = Program::cluster(&workshop.home(), workshop.port);
    let told = workshop.ensure().unwrap_err().to_string();
    one_line(&told, &["in use by a running program", &program.pid().to_string(), "postgres.home"]);
    program.kill();
    workshop.ensure().expect("the kernel has released the lock");
}

#[test]
fn a_server_that_does_not_come_up_names_its_log() {
    let workshop = Workshop::new();
    workshop.ensure().unwrap().stop().unwrap();
    fs::remove_file(workshop.place().join("data/pg_hba.conf")).unwrap();
    let told = workshop.ensure().unwrap_err().to_string();
    one_line(&told, &["did not come up", "postgresql.log", "pg_hba.conf"]);
}

/// Server programs of which `initdb` does what `script` says.
fn programs(workshop: &Workshop, script: &str) -> PathBuf {
    let directory = workshop.root.join("bin");
    fs::create_dir(&directory).expect("the programs of the test");
    for program in ["initdb", "pg_ctl", "postgres"] {
        let path = directory.join(program);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("the programs of the test");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the programs of the test");
    }
    directory
}

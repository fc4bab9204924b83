//! What an operator may get wrong: each is told in one line that says what to do, and nothing is left running.

use std::{
    fs, io,
    net::TcpListener,
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    place::free_port,
    platform::Platform,
    program::{Program, stagedoor},
};

/// Longer than any start that fails takes.
const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// Runs it to its end, which must not be a success, and gives the one line that it says for people.
fn told(command: Command) -> String {
    let mut program = Program::start(command);
    let ended = program.ends_within(ENDS_WITHIN);
    assert!(!ended.success(), "{}", program.said());
    assert_eq!(program.output(), Vec::<String>::new());
    told_to_people(&program)
}

/// The one line on standard error that is not the log's.
fn told_to_people(program: &Program) -> String {
    let lines: Vec<String> = program.errors().into_iter().filter(|line| !line.starts_with('{')).collect();
    let [line] = lines.as_slice() else { panic!("not one line: {lines:#?}") };
    assert!(line.starts_with("stagedoor: "), "{line}");
    line.clone()
}

/// The line names all of these.
#[track_caller]
fn names(line: &str, all: &[&str]) {
    for one in all {
        assert!(line.contains(one), "`{one}` is missing: {line}");
    }
}

/// `start` of a fresh platform with more arguments.
fn start_told(more: &[&str]) -> String {
    let platform = Platform::new();
    let mut command = platform.command("start");
    command.args(more);
    let line = told(command);
    assert_eq!(platform.place.still_running(), Vec::<String>::new(), "{line}");
    line
}

#[test]
fn a_taken_port_is_told_with_its_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for setting in ["api.listen", "admin.listen", "sandbox.listen"] {
        let line = start_told(&["--set", &format!("{setting}=127.0.0.1:{port}")]);
        names(&line, &[&port, "taken by another program", setting]);
    }
    let line = start_told(&["--set", &format!("postgres.port={port}")]);
    names(&line, &[&port, "taken by another program", "postgres.port"]);
}

#[test]
fn missing_postgresql_is_told_with_the_package() {
    let platform = Platform::new();
    let empty = platform.place.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let mut command = platform.command("start");
    command.env("STAGEDOOR_POSTGRES_BIN", &empty);
    let line = told(command);
    names(&line, &[empty.to_str().unwrap(), "apt-get install postgresql", "STAGEDOOR_POSTGRES_BIN"]);
    assert_eq!(platform.place.still_running(), Vec::<String>::new());
}

#[test]
fn a_home_that_cannot_be_made_is_told_once() {
    let platform = Platform::new();
    fs::write(platform.place.path().join("file"), "").unwrap();
    let home = platform.place.path().join("file/home");
    let mut command = platform.command("start");
    command.arg("--set").arg(format!("postgres.home={}", home.display()));
    let line = told(command);
    names(&line, &[home.to_str().unwrap(), "postgres.home"]);
    assert_eq!(line.matches("Not a directory").count(), 1, "{line}");
}

#[test]
fn a_damaged_file_of_the_sandbox_is_told() {
    let platform = Platform::new();
    platform.stop(platform.start());
    let file = platform.place.home().join("sandbox.jsonl");
    fs::write(&file, "no JSON\n").unwrap();
    let mut program = Program::start(platform.command("start"));
    let ended = program.ends_within(ENDS_WITHIN);
    assert!(!ended.success(), "{}", program.said());
    names(&told_to_people(&program), &["the payment sandbox", "sandbox.jsonl"]);
    assert_eq!(platform.place.still_running(), Vec::<String>::new());
}

#[test]
fn a_second_start_on_the_same_home_is_told_of_the_first() {
    let first = Platform::new();
    let running = first.start();
    let mut second = first.command("start");
    for setting in ["api.listen", "admin.listen", "sandbox.listen"] {
        second.arg("--set").arg(format!("{setting}=127.0.0.1:{}", free_port()));
    }
    let line = told(second);
    names(&line, &[first.place.home().to_str().unwrap(), "in use", &running.pid().to_string(), "postgres.home"]);
    // The first goes on as if nothing had been.
    assert!(first.place.postgres().is_some());
    first.stop(running);
}

#[test]
fn a_setting_that_is_wrong_or_unknown_is_told_by_its_key() {
    names(&start_told(&["--set", "api.listen=somewhere"]), &["api.listen", "argument --set", "somewhere"]);
    names(&start_told(&["--set", "holds.lanes=0"]), &["holds.lanes", "0", "1 to 64"]);
    names(&start_told(&["--set", "api.lisen=127.0.0.1:1"]), &["api.lisen", "there is no such setting"]);
    names(&start_told(&["--set", "api.listen"]), &["api.listen", "--set section.key=value"]);
    names(&start_told(&["--set", "log.level=,=,"]), &["log.level", "info"]);
    names(&start_told(&["--config", "nowhere.toml"]), &["nowhere.toml", "--config"]);
}

#[test]
fn a_file_that_is_not_toml_is_told_by_its_line() {
    let platform = Platform::new();
    fs::write(platform.place.path().join("stagedoor.toml"), "[api]\nlisten = \n").unwrap();
    names(&told(platform.command("start")), &["stagedoor.toml", "line 2"]);
}

#[test]
fn a_role_without_cells_is_told_what_to_write() {
    let platform = Platform::new();
    for role in ["api", "admin", "dispatch", "migrate", "verify"] {
        let mut command = stagedoor(platform.place.path());
        command.arg(role);
        names(&told(command), &["no cells are configured"]);
    }
}

#[test]
fn a_database_that_does_not_answer_is_told_with_its_address_by_every_command_that_needs_it() {
    let platform = Platform::new();
    let running = platform.start();
    platform.stop(running);
    let port = format!(":{}", platform.postgres_port);
    for command in [
        &["verify"][..],
        &["operator-token", "--region", "eu", "--operator", "ada"],
        &["reconcile"],
        &["books", "--region", "eu"],
    ] {
        let mut of = platform.command(command[0]);
        of.args(&command[1..]);
        let line = told(of);
        names(&line, &["cell eu", "the database at", &port, "does not answer", "database_url", "start it"]);
        assert!(!line.contains("busy") && !line.contains("postgres://"), "{line}");
    }
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let platform = Platform::new();
    for command in ["openapi", "config"] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let ended = platform.command(command).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let ended = ended.wait_with_output().unwrap();
        assert!(ended.status.success() && ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}

//! The README's walk-through, run as it is printed.

use std::{
    fs,
    os::unix::{fs::symlink, process::CommandExt as _},
    path::Path,
    process::{Command, Stdio},
};

use mail_parser::MessageParser;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

use crate::{
    place::free_port,
    platform::Platform,
    program::{PATIENCE, Program, binary},
    shop::{Shop, eventually},
};

const README: &str = include_str!("../../../README.md");

/// The shell blocks under the heading, one after the other.
fn blocks(readme: &str) -> String {
    let (_, from) = readme.split_once("\n## Walk-through\n").expect("the README has a walk-through");
    let section = from.split("\n## ").next().unwrap_or(from);
    let (mut script, mut inside) = (String::new(), false);
    for line in section.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => script.extend([line, "\n"]),
            _ => {}
        }
    }
    script
}

/// A shell whose whole group, background jobs included, ends with its test.
struct Shell(Program, Pid);

impl Shell {
    fn run(script: &Path) -> Self {
        let mut command = Command::new("bash");
        command.arg("-eu").arg(script).current_dir(script.parent().unwrap()).stdin(Stdio::null()).process_group(0);
        let program = Program::start(command);
        let group = program.pid();
        Self(program, group)
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = kill_process_group(self.1, Signal::KILL);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_walk_through_works_as_printed() {
    let platform = Platform::new();
    let running = platform.start();
    let listen_port = free_port();
    let script = [
        ("127.0.0.1:8700", format!("127.0.0.1:{}", platform.api_port)),
        ("127.0.0.1:8703", format!("127.0.0.1:{}", platform.sandbox_port)),
        ("127.0.0.1:8790", format!("127.0.0.1:{listen_port}")),
    ]
    .into_iter()
    .fold(blocks(README), |script, (printed, ours)| {
        assert!(script.contains(printed), "the walk-through no longer speaks of {printed}");
        script.replace(printed, &ours)
    });
    let checkout = platform.place.path().join("checkout");
    fs::create_dir_all(checkout.join("target/release")).unwrap();
    symlink(binary(), checkout.join("target/release/stagedoor")).unwrap();
    let path = checkout.join("walk-through");
    fs::write(&path, script).unwrap();

    let mut shell = Shell::run(&path);
    let ended = shell.0.ends_within(PATIENCE);
    assert!(ended.success(), "{ended}\n{}\nthe platform said\n{}", shell.0.said(), running.said());

    let account: Value = serde_json::from_slice(&fs::read(checkout.join("account.json")).unwrap()).unwrap();
    let shop = Shop::new(platform.api(), account["test"]["secret_key"].as_str().unwrap().to_owned());
    let orders = shop.all("/v1/orders").await;
    assert_eq!(orders.len(), 1, "{orders:#?}");
    assert_eq!(orders[0]["state"], "paid");
    let order = shop.get(&format!("/v1/orders/{}", orders[0]["id"].as_str().unwrap())).await;
    assert_eq!(order["refunds"].as_array().map(Vec::len), Some(1), "{order:#}");
    let balance = shop.get("/v1/balance").await;
    assert_eq!(balance["data"][0]["pending"]["amount"], "41.47", "{balance:#}");
    let webhooks = fs::read_to_string(checkout.join("webhooks.jsonl")).unwrap();
    assert!(webhooks.contains(r#""type":"order.paid""#), "{webhooks}");
    assert!(!webhooks.contains("refused"), "{webhooks}");
    let mut subjects = eventually("two letters to the buyer", async || {
        let subjects = letters(&platform.place.home().join("mail"));
        (subjects.len() >= 2).then_some(subjects)
    })
    .await;
    subjects.sort();
    assert_eq!(subjects, ["[Test] Your refund of EUR 50.00", "[Test] Your tickets for Hamlet"]);
    platform.stop(running);
}

/// The subjects of the letters in a folder.
fn letters(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let subject = |file: fs::DirEntry| {
        let raw = fs::read(file.path()).unwrap();
        MessageParser::default().parse(&raw)?.subject().map(ToOwned::to_owned)
    };
    files.filter_map(subject).collect()
}

//! The standard's own libraries for JavaScript and Python, unchanged, as receivers of live deliveries (`tests/clients`). They are
//! installed below the target directory when they are missing, or when the locked versions are others.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tenancy::webhook_endpoints;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::world::World;

/// The longest that an installation may take.
const PATIENCE: Duration = Duration::from_secs(300);

async fn done(command: &mut Command) {
    let output = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output()).await.expect("it ends");
    let output = output.unwrap_or_else(|error| {
        panic!("{command:?}: {error}; `sh deploy/install-debian.sh test` installs what is missing")
    });
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// A directory with the files of `tests/clients/{name}`, and whether what they lock is to be installed there.
fn prepare(name: &str, files: &[&str], lock: &str) -> (PathBuf, bool) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name);
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("webhooks-receiver-{name}"));
    std::fs::create_dir_all(&to).unwrap();
    for file in files {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
    let is_missing = std::fs::read(to.join("installed")).ok() != Some(std::fs::read(to.join(lock)).unwrap());
    (to, is_missing)
}

/// A receiver that believes this secret, and its address.
async fn receiver(command: &mut Command, secret: &str) -> (Child, String) {
    let started = command.arg(secret).stdout(Stdio::piped()).kill_on_drop(true).spawn();
    let mut child = started.unwrap();
    let mut port = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = tokio::time::timeout(PATIENCE, port.next_line()).await.expect("it listens").unwrap().unwrap();
    (child, format!("http://127.0.0.1:{port}/"))
}

/// An endpoint whose receiver has its secret is verified and gets its events, while its keys overlap too; one whose receiver has
/// another is believed nothing.
async fn believes_what_is_ours(receiver_of: impl Fn() -> Command) {
    let world = World::create().await;
    let (ours, secret) = world.endpoint("http://127.0.0.1:9/", &[]).await;
    let (_good, url) = receiver(&mut receiver_of(), &secret).await;
    let set = "update webhook_endpoints set url = $1, version = version + 1 where endpoint_id = $2";
    let mut owner = world.db.as_owner().await;
    sqlx::query(set).bind(&url).bind(ours.id).execute(&mut owner).await.unwrap();
    let (other, _) = world.endpoint("http://127.0.0.1:9/", &[]).await;
    let (_strange, url) = receiver(&mut receiver_of(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").await;
    sqlx::query(set).bind(&url).bind(other.id).execute(&mut owner).await.unwrap();
    world.emit(&["order.paid"; 3]).await;
    world.dispatcher().run_once().await.unwrap();
    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    webhook_endpoints::rotate(&mut tx, ours.id, Duration::from_hours(1)).await.unwrap();
    tx.commit().await.unwrap();
    world.emit(&["order.paid"; 2]).await;
    world.dispatcher().run_once().await.unwrap();
    let states = world.states().await;
    assert_eq!(states[..5], ["delivered"; 5], "{:?}", world.attempts().await);
    assert_eq!(states[5..], ["pending"; 5], "another's secret does not fit");
}

#[tokio::test]
async fn the_javascript_library_believes_live_deliveries() {
    let files = ["package.json", "package-lock.json", "receiver.mjs"];
    let (directory, is_missing) = prepare("node", &files, "package-lock.json");
    if is_missing {
        let mut npm = Command::new("npm");
        done(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&directory)).await;
        std::fs::copy(directory.join("package-lock.json"), directory.join("installed")).unwrap();
    }
    believes_what_is_ours(|| {
        let mut node = Command::new("node");
        node.arg("receiver.mjs").current_dir(&directory);
        node
    })
    .await;
}

#[tokio::test]
async fn the_python_library_believes_live_deliveries() {
    let (directory, is_missing) = prepare("python", &["requirements.txt", "receiver.py"], "requirements.txt");
    if is_missing {
        done(Command::new("python3").args(["-m", "venv", "--clear", "venv"]).current_dir(&directory)).await;
        let mut pip = Command::new(directory.join("venv/bin/pip"));
        let pip = pip.args(["install", "--quiet", "--no-deps", "--require-hashes", "-r", "requirements.txt"]);
        done(pip.current_dir(&directory)).await;
        std::fs::copy(directory.join("requirements.txt"), directory.join("installed")).unwrap();
    }
    believes_what_is_ours(|| {
        let mut python = Command::new(directory.join("venv/bin/python"));
        python.arg("receiver.py").current_dir(&directory);
        python
    })
    .await;
}

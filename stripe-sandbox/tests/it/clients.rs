//! Stripe's own Node and Python clients, unchanged, take a tour of everything that the sandbox speaks (`tests/clients`). They are
//! installed below the target directory when they are missing, or when the locked versions are others.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use tokio::process::Command;

use crate::world::World;

/// The longest that an installation, or a tour, may take.
const PATIENCE: Duration = Duration::from_secs(300);

async fn run(command: &mut Command) -> Output {
    let output = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output());
    output.await.unwrap_or_else(|_| panic!("{command:?} did not end")).unwrap_or_else(|error| {
        panic!("{command:?}: {error}; `sh deploy/install-debian.sh test` installs what is missing")
    })
}

async fn done(command: &mut Command) {
    let output = run(command).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}\n{}{}", text(&output.stdout), text(&output.stderr));
}

/// A directory with the files of `tests/clients/{name}`, and whether what they lock is to be installed there.
fn prepare(name: &str, files: &[&str], lock: &str) -> (PathBuf, bool) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name);
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stripe-client-{name}"));
    std::fs::create_dir_all(&to).unwrap();
    for file in files {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
    let installed = std::fs::read(to.join("installed")).ok();
    let is_missing = installed != Some(std::fs::read(to.join(lock)).unwrap());
    (to, is_missing)
}

/// What is installed is what `lock` says.
fn installed(directory: &Path, lock: &str) {
    std::fs::copy(directory.join(lock), directory.join("installed")).unwrap();
}

async fn tour(command: &mut Command) {
    let world = World::new().await;
    done(command.args([world.base.as_str(), "sk_test_eu", "pk_test_eu"])).await;
}

#[tokio::test]
async fn the_node_client_takes_the_tour() {
    let (directory, is_missing) =
        prepare("node", &["package.json", "package-lock.json", "tour.mjs"], "package-lock.json");
    if is_missing {
        let mut npm = Command::new("npm");
        done(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&directory)).await;
        installed(&directory, "package-lock.json");
    }
    tour(Command::new("node").arg("tour.mjs").current_dir(&directory)).await;
}

#[tokio::test]
async fn the_python_client_takes_the_tour() {
    let (directory, is_missing) = prepare("python", &["requirements.txt", "tour.py"], "requirements.txt");
    if is_missing {
        done(Command::new("python3").args(["-m", "venv", "--clear", "venv"]).current_dir(&directory)).await;
        let mut pip = Command::new(directory.join("venv/bin/pip"));
        let pip = pip.args(["install", "--quiet", "--no-deps", "--require-hashes", "-r", "requirements.txt"]);
        done(pip.current_dir(&directory)).await;
        installed(&directory, "requirements.txt");
    }
    tour(Command::new(directory.join("venv/bin/python")).arg("tour.py").current_dir(&directory)).await;
}

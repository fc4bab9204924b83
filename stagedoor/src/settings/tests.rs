//! Precedence, sources, redaction, and the one line about each mistake.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Given, LogFormat, Settings, Source};

static FOLDERS: AtomicU32 = AtomicU32::new(0);

const REGION_AND_CELL: &str = r#"
[regions.eu]
base_url = "https://eu.api.example.com"

[[cells]]
name = "eu-1"
region = "eu"
database_url = "postgres://stagedoor_app:hush@db/eu"
worker_database_url = "postgres://stagedoor_worker:hush@db/eu"
sealing_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
operator_key = "hush-hush-hush-hush-hush-hush-hush-hush"

[cells.live_provider]
secret_key = "sk_live_hush"
publishable_key = "pk_live_1"
callback_secret = "whsec_live_hush"

[cells.test_provider]
base_url = "https://sandbox.example.com/"
secret_key = "sk_test_hush"
publishable_key = "pk_test_1"
callback_secret = "whsec_test_hush"
"#;

/// A directory with a `stagedoor.toml`, gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn with(text: &str) -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("stagedoor-settings-{}-{number}", std::process::id()));
        fs::create_dir(&folder).expect("a directory for the test");
        fs::write(folder.join("stagedoor.toml"), text).expect("a file for the test");
        Self(folder)
    }

    fn given(&self, environment: &[(&str, &str)], set: &[&str]) -> Given {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let set = set.iter().map(|argument| (*argument).to_owned()).collect();
        Given { file: None, directory: self.0.clone(), environment, set }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn load(file: &str, environment: &[(&str, &str)], set: &[&str]) -> Result<Settings, String> {
    let folder = Folder::with(file);
    Settings::load(&folder.given(environment, set)).map_err(|wrong| wrong.to_string())
}

/// The one line about a mistake; it must name each of the parts.
fn refused(file: &str, environment: &[(&str, &str)], set: &[&str], parts: &[&str]) {
    let told = load(file, environment, set).expect_err("a mistake");
    assert!(!told.contains('\n'), "{told}");
    assert!(!told.contains("hush"), "a secret shows: {told}");
    for part in parts {
        assert!(told.contains(part), "no {part:?} in: {told}");
    }
}

fn source(settings: &Settings, key: &str) -> Source {
    settings.explain().iter().find(|line| line.key == key).expect("a known key").source.clone()
}

#[test]
fn the_defaults_alone_are_complete() {
    let settings = load("", &[], &[]).unwrap();
    assert_eq!(settings.api.listen.to_string(), "127.0.0.1:8700");
    assert_eq!(settings.api.request_timeout.as_secs(), 30);
    assert_eq!(settings.log.format, LogFormat::Json);
    assert!(settings.cells.is_empty() && settings.regions.is_empty());
    let is_default = |source: &Source| matches!(source, Source::Default | Source::DefaultWithoutCells);
    assert!(settings.explain().iter().all(|line| is_default(&line.source)));
}

#[test]
fn later_layers_win_and_each_value_keeps_its_source() {
    let file = "[holds]\nlanes = 3\nbatch = 100\nqueue = 1000\n[log]\nformat = \"text\"";
    let environment = [("STAGEDOOR_HOLDS__BATCH", "200"), ("STAGEDOOR_HOLDS__QUEUE", "2000"), ("HOME", "/root")];
    let settings = load(file, &environment, &["holds.queue=3000"]).unwrap();
    assert_eq!((settings.holds.lanes, settings.holds.batch, settings.holds.queue), (3, 200, 3000));
    assert_eq!(settings.log.format, LogFormat::Text);
    assert_eq!(source(&settings, "holds.max_seconds"), Source::Default);
    assert!(matches!(source(&settings, "holds.lanes"), Source::File(path) if path.ends_with("stagedoor.toml")));
    assert_eq!(source(&settings, "holds.batch"), Source::Environment("STAGEDOOR_HOLDS__BATCH".to_owned()));
    assert_eq!(source(&settings, "holds.queue"), Source::Argument);
}

#[test]
fn the_named_file_is_taken_instead_of_the_one_that_lies_there() {
    let (here, there) = (Folder::with("[holds]\nlanes = 3"), Folder::with("[holds]\nlanes = 5"));
    let path = there.0.join("stagedoor.toml");
    let variable = here.given(&[("STAGEDOOR_CONFIG", path.to_str().unwrap())], &[]);
    assert_eq!(Settings::load(&variable).unwrap().holds.lanes, 5);
    let mut argument = here.given(&[("STAGEDOOR_CONFIG", "/nowhere.toml")], &[]);
    argument.file = Some(path);
    assert_eq!(Settings::load(&argument).unwrap().holds.lanes, 5);
    refused(
        "",
        &[("STAGEDOOR_CONFIG", "/nowhere.toml")],
        &[],
        &["/nowhere.toml", "STAGEDOOR_CONFIG", "cannot be read"],
    );
}

#[test]
fn lists_and_switches_are_read_from_text() {
    let environment = [("STAGEDOOR_API__TRUSTED_PROXIES", "[\"10.0.0.0/8\"]"), ("STAGEDOOR_SANDBOX__ENABLED", "false")];
    let settings = load("", &environment, &["platform.name=1984"]).unwrap();
    assert_eq!(settings.api.trusted_proxies, ["10.0.0.0/8".parse().unwrap()]);
    assert!(!settings.sandbox.enabled);
    assert_eq!(settings.platform.name, "1984");
}

#[test]
fn a_cell_has_its_defaults_and_can_be_changed_by_its_place() {
    let environment = [("STAGEDOOR_CELLS__0__REQUEST_CONNECTIONS", "16")];
    let settings =
        load(REGION_AND_CELL, &environment, &["cells.0.test_provider.base_url=http://127.0.0.1:8703/"]).unwrap();
    let cell = settings.cells.first().unwrap();
    assert_eq!((cell.request_connections, cell.lane_connections, cell.worker_connections), (16, 4, 6));
    assert_eq!(cell.live_provider.base_url, "https://api.stripe.com/");
    assert_eq!(cell.test_provider.base_url, "http://127.0.0.1:8703/");
    assert_eq!(cell.sealing_key.reveal(), &[0; 32]);
    assert_eq!(source(&settings, "cells.0.lane_connections"), Source::Default);
}

#[test]
fn secrets_do_not_show() {
    let settings = load(REGION_AND_CELL, &[], &[]).unwrap();
    assert_eq!(settings.cells.first().unwrap().test_provider.secret_key.reveal(), "sk_test_hush");
    let told = format!("{settings:?} {:?} {}", settings.explain(), settings.cells.first().unwrap().operator_key);
    assert!(!told.contains("hush") && !told.contains("AAAAAA"), "{told}");
    assert!(settings.explain().iter().any(|line| line.key == "cells.0.database_url" && line.value == "(secret)"));
}

#[test]
fn a_secret_may_come_from_a_file() {
    let without = REGION_AND_CELL.replace("secret_key = \"sk_test_hush\"", "");
    let folder = Folder::with(&without);
    let secret = folder.0.join("secret");
    fs::write(&secret, "sk_from_file\n").unwrap();
    let variable = [("STAGEDOOR_CELLS__0__TEST_PROVIDER__SECRET_KEY_FILE", secret.to_str().unwrap())];
    let settings = Settings::load(&folder.given(&variable, &[])).unwrap();
    assert_eq!(settings.cells.first().unwrap().test_provider.secret_key.reveal(), "sk_from_file");
    // A later layer's file replaces an earlier layer's value; the other way round it is ignored.
    assert_eq!(
        load(REGION_AND_CELL, &variable, &[]).unwrap().cells.first().unwrap().test_provider.secret_key.reveal(),
        "sk_from_file"
    );
    let direct = ["cells.0.test_provider.secret_key=sk_direct"];
    assert_eq!(
        load(REGION_AND_CELL, &variable, &direct).unwrap().cells.first().unwrap().test_provider.secret_key.reveal(),
        "sk_direct"
    );
    let both = REGION_AND_CELL.replace("region = \"eu\"", "region = \"eu\"\noperator_key_file = \"/x\"");
    refused(&both, &[], &[], &["cells.0.operator_key", "give one of the two"]);
    refused(
        &without,
        &[("STAGEDOOR_CELLS__0__TEST_PROVIDER__SECRET_KEY_FILE", "/nowhere")],
        &[],
        &["/nowhere", "test_provider.secret_key_file"],
    );
}

#[test]
fn unknown_keys_are_refused_wherever_they_stand() {
    refused("[api]\nlisen = 1", &[], &[], &["api.lisen", "stagedoor.toml", "no such setting"]);
    refused(
        "",
        &[("STAGEDOOR_APPI__LISTEN", "x")],
        &[],
        &["appi.listen", "environment STAGEDOOR_APPI__LISTEN", "no such setting"],
    );
    refused("", &[], &["colour=red"], &["colour", "argument --set", "no such setting"]);
    refused(REGION_AND_CELL, &[], &["cells.0.colour=red"], &["cells.0.colour", "argument --set", "no such setting"]);
    refused("", &[], &["api=1"], &["api (argument --set)", "a section"]);
    refused("", &[], &["log.level.sqlx=warn"], &["log.level.sqlx (argument --set)", "log.level is a value"]);
    refused("", &[], &["api.listen"], &["--set api.listen", "section.key=value"]);
}

#[test]
fn bad_values_name_key_source_problem_and_remedy() {
    refused("[api]\nlisten = \"here\"", &[], &[], &["api.listen", "stagedoor.toml", "\"here\" is not usable"]);
    refused(
        "",
        &[("STAGEDOOR_HOLDS__LANES", "many")],
        &[],
        &["holds.lanes (environment STAGEDOOR_HOLDS__LANES)", "many"],
    );
    refused("", &[], &["holds.lanes=0"], &["holds.lanes (argument --set): 0 is not usable; set it to 1 to 64"]);
    refused("", &[], &["holds.default_seconds=4000"], &["holds.default_seconds", "set it to 1 to 3600"]);
    refused("", &[], &["log.format=xml"], &["log.format", "xml", "text"]);
    refused("", &[], &["postgres.port=70000"], &["postgres.port", "70000"]);
    refused("", &[], &["admin.listen=127.0.0.1:8700"], &["admin.listen", "an address of its own"]);
    refused("[api\n", &[], &[], &["stagedoor.toml", "line 1"]);
    refused("[regions.eu]\nbase_url = \"eu\"", &[], &[], &["regions.eu.base_url", "https://"]);
}

#[test]
fn bad_cells_are_told_without_their_secrets() {
    let cell = |old: &str, new: &str| REGION_AND_CELL.replace(old, new);
    refused(
        &cell("region = \"eu\"", "region = \"us\""),
        &[],
        &[],
        &["cells.0.region", "us is not usable", "[regions."],
    );
    refused(&cell("operator_key = \"", "operator_key_ = \""), &[], &[], &["cells.0.operator_key_", "no such setting"]);
    refused(&cell("sealing_key = \"AAAA", "sealing_key = \""), &[], &[], &["cells.0.sealing_key", "32 bytes"]);
    refused(&cell("\"postgres://stagedoor_app", "\"mysql://"), &[], &[], &["cells.0.database_url", "postgres://role"]);
    refused(&cell("\"sk_test_hush\"", "12"), &[], &[], &["cells.0.test_provider.secret_key", "not text"]);
    refused(&cell("name = \"eu-1\"", ""), &[], &[], &["cells.0.name", "it is missing"]);
    refused("", &[], &["cells.1.name=eu-2"], &["cells.1.name", "there is no cell 0"]);
    refused(
        &cell("\"whsec_test_hush\"", "\"whsec_live_hush\""),
        &[],
        &[],
        &["cells.0.test_provider.callback_secret", "secrets of their own"],
    );
    let missing = cell("operator_key = \"hush-hush-hush-hush-hush-hush-hush-hush\"", "");
    refused(&missing, &[], &[], &["cells.0.operator_key", "it is missing", "cells.0.operator_key_file"]);
}

#[test]
fn without_cells_webhooks_may_go_to_this_machine_and_the_source_says_why() {
    let shown = |settings: &Settings| {
        let line = settings.explain().iter().find(|line| line.key == "webhooks.allow_private_addresses");
        line.map(|line| format!("{} ({})", line.value, line.source)).unwrap_or_default()
    };
    let private = load("", &[], &[]).expect("the defaults");
    assert!(private.webhooks.allow_private_addresses);
    assert_eq!(shown(&private), "true (default without cells)");
    let configured = load(REGION_AND_CELL, &[], &[]).expect("a region with a cell");
    assert!(!configured.webhooks.allow_private_addresses);
    assert_eq!(shown(&configured), "false (default)");
    let closed = load("", &[], &["webhooks.allow_private_addresses=false"]).expect("what is said");
    assert!(!closed.webhooks.allow_private_addresses, "what is said counts");
}

#[test]
fn a_mail_server_is_checked_without_its_password_being_shown() {
    let with =
        |url: &str, from: &str| format!("{REGION_AND_CELL}\n[cells.mail]\nsmtp_url = \"{url}\"\nfrom = \"{from}\"");
    let good = load(&with("smtps://user:hush@mail.example.com", "tickets@example.com"), &[], &[]).unwrap();
    assert_eq!(good.cells[0].mail.as_ref().unwrap().from, "tickets@example.com");
    assert!(!format!("{good:?} {:?}", good.explain()).contains("hush"));
    assert!(load(REGION_AND_CELL, &[], &[]).unwrap().cells[0].mail.is_none());
    refused(
        &with("mail.example.com", "tickets@example.com"),
        &[],
        &[],
        &["cells.0.mail.smtp_url", "its value is not usable", "smtps://user:password@"],
    );
    refused(
        &with("smtp://user:hush@mail.example.com?tls=none", "tickets@example.com"),
        &[],
        &[],
        &["cells.0.mail.smtp_url", "a password needs TLS"],
    );
    refused(&with("smtp://mail.example.com", "Tickets"), &[], &[], &["cells.0.mail.from", "Tickets", "bare e-mail"]);
    let without = format!("{REGION_AND_CELL}\n[cells.mail]\nfrom = \"a@b.example\"");
    refused(&without, &[], &[], &["cells.0.mail.smtp_url", "it is missing"]);
}

//! The house's arrows: faces know businesses, businesses know the ground, and nobody knows a face.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::Value;

const FACES: &[&str] = &["mail-dispatcher", "platform-api", "storefront", "tenant-admin", "webhooks-dispatcher"];

/// Crates of ours and which others of ours each may depend on. A crate that is not here fails the test until someone has
/// thought about its place.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("foundation", &[]),
    ("accounting", &["foundation"]),
    ("tenancy", &["foundation"]),
    ("ticketing", &["accounting", "foundation"]),
    // An event read from the log looks exactly as its webhook does, so the dispatcher's payload is used for both.
    ("platform-api", &["accounting", "foundation", "tenancy", "ticketing", "webhooks-dispatcher"]),
    ("mail-dispatcher", &["foundation", "tenancy", "ticketing"]),
    ("storefront", &["accounting", "foundation", "tenancy", "ticketing"]),
    ("tenant-admin", &["accounting", "foundation", "tenancy", "ticketing"]),
    ("webhooks-dispatcher", &["accounting", "foundation", "tenancy", "ticketing"]),
    ("local-postgres", &[]),
    ("stripe-sandbox", &[]),
    ("testkit", &["foundation", "local-postgres"]),
];

/// The program and what drives it whole may know everyone.
const KNOW_ALL: &[&str] = &["stagedoor", "bench", "e2e"];

/// Each of our crates with those of ours that it depends on, not counting what only its tests need.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let asked = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let metadata: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let packages = list(&metadata["packages"]);
    let ours: Vec<String> = packages.iter().map(name).collect();
    let of = |package: &Value| {
        let needed = list(&package["dependencies"]).into_iter().filter(|dependency| dependency["kind"] != "dev");
        needed.map(|dependency| name(&dependency)).filter(|name| ours.contains(name)).collect()
    };
    packages.iter().map(|package| (name(package), of(package))).collect()
}

#[test]
fn arrows_point_one_way() {
    let dependencies = dependencies();
    assert!(dependencies.len() >= 12, "{dependencies:?}");
    for (package, needed) in &dependencies {
        if KNOW_ALL.contains(&package.as_str()) {
            continue;
        }
        let (_, may) = MAY_DEPEND_ON
            .iter()
            .find(|(name, _)| name == package)
            .unwrap_or_else(|| panic!("{package} has no place in the house yet: give it one here"));
        for one in needed {
            assert!(may.contains(&one.as_str()), "{package} must not depend on {one}");
        }
    }
}

/// The books know what is told of the ids in them (the views `told_…`) and no other business's tables. Only the checks, which compare the
/// books with the orders, read both.
#[test]
fn the_books_read_no_other_businesss_tables() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tables_of = |migrations: &[&str]| {
        let text: String =
            migrations.iter().map(|name| fs::read_to_string(root.join("migrations").join(name)).unwrap()).collect();
        let named = text.lines().filter_map(|line| line.strip_prefix("create table "));
        named.filter_map(|rest| rest.split(' ').next()).map(str::to_owned).collect::<Vec<_>>()
    };
    let theirs = tables_of(&[
        "0002_tenancy.sql",
        "0003_ticketing.sql",
        "0008_limits.sql",
        "0009_sale_rounds.sql",
        "0010_questions.sql",
        "0011_credits.sql",
        "0014_owners.sql",
        "0015_cancellations.sql",
        "0019_waitlists.sql",
        "0020_archive.sql",
    ]);
    let theirs: Vec<String> = theirs.into_iter().chain(["payouts", "payout_settings"].map(str::to_owned)).collect();
    assert!(["orders", "performances", "resellers"].iter().all(|name| theirs.iter().any(|table| table == name)));
    // The directory of tenants is the ground's, and its clocks are.
    let ground = ["tenants", "test_clocks"];
    let mut read = Vec::new();
    for file in fs::read_dir(root.join("accounting/src/store")).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() || path.ends_with("invariants.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let words: Vec<&str> =
            text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
        let named = words.windows(2).filter(|pair| ["from", "join", "into", "update"].contains(&pair[0]));
        let other =
            named.map(|pair| pair[1]).filter(|name| theirs.iter().any(|table| table == name) && !ground.contains(name));
        read.extend(other.map(|name| format!("{}: {name}", path.display())));
    }
    assert_eq!(read, [""; 0]);
}

#[test]
fn the_rules_let_no_business_name_a_face() {
    for (package, may) in MAY_DEPEND_ON.iter().filter(|(package, _)| !FACES.contains(package)) {
        assert!(!may.iter().any(|one| FACES.contains(one)), "{package}");
    }
}

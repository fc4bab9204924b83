//! `docs/requirements.md`: every requirement once, and every test that it cites is there.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The requirements' ids: a prefix and how many.
const IDS: &[(&str, u32)] = &[("R", 14), ("S", 15), ("V", 11), ("Q", 4), ("NFR", 7), ("M", 6), ("N", 6), ("L", 2)];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The table's rows by their first cell, which is the id, or two that are the same requirement: `NFR3/NFR7`.
fn rows() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("docs/requirements.md")).unwrap();
    let cells = text.lines().filter_map(|line| line.strip_prefix('|')?.split_once('|'));
    let row = |(ids, rest): (&str, &str)| {
        ids.split('/').map(|id| (id.trim().to_owned(), rest.to_owned())).collect::<Vec<_>>()
    };
    cells.flat_map(row).filter(|(id, _)| is_id(id)).collect()
}

fn is_id(text: &str) -> bool {
    let numbered = |prefix: &str| text.strip_prefix(prefix).is_some_and(|number| number.parse::<u32>().is_ok());
    IDS.iter().any(|(prefix, _)| numbered(prefix))
}

/// The names of tests in a row: words in backticks, as `name` or `module::name`, that have the form of a test's name.
fn cited(row: &str) -> impl Iterator<Item = &str> {
    let quoted = row.split('`').skip(1).step_by(2);
    quoted.filter_map(|word| word.rsplit("::").next()).filter(|name| {
        name.matches('_').count() >= 2 && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    })
}

/// All Rust code below a directory, but what was built from it.
fn code(directory: &Path, into: &mut String) {
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
            code(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn requirements_table_has_every_id_once() {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for (prefix, last) in IDS {
        count.extend((1..=*last).map(|number| (format!("{prefix}{number}"), 0)));
    }
    for (id, _) in rows() {
        *count.entry(id).or_default() += 1;
    }
    count.retain(|_, rows| *rows != 1);
    assert!(count.is_empty(), "not exactly one row: {count:?}");
}

#[test]
fn every_test_that_a_requirement_cites_exists() {
    let mut all = String::new();
    code(&root(), &mut all);
    let rows = rows();
    let names: Vec<(&str, &str)> =
        rows.iter().flat_map(|(id, row)| cited(row).map(move |name| (id.as_str(), name))).collect();
    assert!(!names.is_empty(), "the table cites no test");
    let gone: Vec<_> = names.into_iter().filter(|(_, name)| !all.contains(&format!("fn {name}("))).collect();
    assert!(gone.is_empty(), "there are no such tests: {gone:?}");
}

//! Operators read how the provider's balance report and the books differ.

use std::{collections::BTreeMap, time::Duration};

use accounting::{Comparison, Difference, DifferenceKind, ReportLine, ReportPart, keep_comparison};
use foundation::{Instant, Mode};
use serde_json::json;
use testkit::Database;

use crate::desk::{ada, get, interface};

#[tokio::test]
async fn the_newest_comparison_of_each_account_is_shown_with_its_differences() {
    let db = Database::create().await;
    let (interface, ada) = (interface(&[&db]), ada(&db).await);
    let address = "/regions/eu/comparisons";
    assert_eq!(get(&interface, &ada, address).await.1, json!({ "data": [] }));
    let to = db.cell().clock().await.unwrap();
    let there = ReportLine {
        of: "ch_1".to_owned(),
        part: ReportPart::Money,
        amount: "12.34".parse().unwrap(),
        currency: "EUR".parse().unwrap(),
        at: Instant::from_micros(1_800_000_000_000_000),
        name: "txn_1".to_owned(),
        reseller: None,
        is_timed: true,
    };
    let mut comparison = Comparison {
        mode: Mode::Live,
        from: to,
        to: to.plus(Duration::from_hours(1)),
        matched: 7,
        differing: 1,
        differences: vec![Difference { kind: DifferenceKind::MissingHere, here: None, there: Some(there) }],
        drawn: BTreeMap::new(),
        compared_at: to,
    };
    keep_comparison(db.cell(), &mut Comparison { matched: 6, ..comparison.clone() }).await.unwrap();
    keep_comparison(db.cell(), &mut comparison).await.unwrap();
    let (_, shown) = get(&interface, &ada, address).await;
    assert_eq!(shown["data"].as_array().unwrap().len(), 1);
    let shown = &shown["data"][0];
    assert_eq!((&shown["mode"], &shown["matched"], &shown["differing"]), (&json!("live"), &json!(7), &json!(1)));
    let difference = &shown["differences"][0];
    assert_eq!((&difference["kind"], &difference["there"]["amount"]), (&json!("missing_here"), &json!("12.34")));
    assert_eq!(difference["here"], json!(null));
}

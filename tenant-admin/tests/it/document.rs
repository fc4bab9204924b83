//! `docs/operators.md` tells of every address there is, and of none that there is not.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use foundation::id::ResellerId;
use tenancy::support_cases::{Category, NewCase, open};
use tenant_admin::session_token;
use testkit::Database;

use crate::desk::{HOUR, account, ada, get, interface, now, operator_key, post};

const PAGE: &str = include_str!("../../../docs/operators.md");

/// The addresses of the page's table, each with its method: `GET /healthz`.
fn told() -> BTreeSet<String> {
    let first = |line: &str| line.strip_prefix("| `")?.split_once('`').map(|(address, _)| address.to_owned());
    PAGE.lines().filter_map(first).collect()
}

/// The addresses that the code routes below a prefix.
fn routed<'a>(code: &'a str, prefix: &'a str) -> impl Iterator<Item = String> + 'a {
    code.split(".route(\"").skip(1).filter_map(move |rest| {
        let (path, rest) = rest.split_once('"')?;
        let method = rest.split_once("routing::")?.1.split_once('(')?.0.to_uppercase();
        Some(format!("{method} {prefix}{}", if prefix.is_empty() { path } else { path.trim_end_matches('/') }))
    })
}

#[test]
fn the_page_has_the_routers_addresses() {
    let root = include_str!("../../src/lib.rs");
    let nested: Vec<&str> = root.split(".nest(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let known = ["/regions/{region}/books", "/regions/{region}/resellers"];
    assert_eq!(nested, known, "the page and this test know of no other");
    let books = routed(include_str!("../../src/regions/books.rs"), nested[0]);
    let resellers = routed(include_str!("../../src/regions/resellers.rs"), nested[1]);
    let served: BTreeSet<String> = routed(root, "").chain(books).chain(resellers).collect();
    assert_eq!(told(), served);
}

#[test]
fn the_pages_examples_call_addresses_of_its_table() {
    let shape = |path: &str| {
        let path = path.replace("/eu/", "/{region}/").replace("$RESELLER", "{reseller}");
        path.replace("$ADJUSTMENT", "{adjustment}").replace("$CASE", "{case}")
    };
    let called = PAGE.lines().filter_map(|line| line.split_once("$ADMIN")).map(|(before, after)| {
        let path = after.split([' ', '\'', '"', '?']).next().unwrap_or_default();
        format!("{} {}", if before.contains("post") { "POST" } else { "GET" }, shape(path))
    });
    let called: BTreeSet<String> = called.collect();
    assert!(called.len() >= 4, "{called:?}");
    assert!(called.is_subset(&told()), "{called:?}");
}

/// A case that the reseller has opened.
pub(crate) async fn opened(db: &Database, reseller: ResellerId) -> String {
    let new = NewCase {
        category: Category::Other,
        subject: "as the page says".to_owned(),
        text: "as the page says".to_owned(),
        order_id: None,
        item_no: None,
        payment_id: None,
        payout_id: None,
    };
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let case = open(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    case.id.to_string()
}

#[tokio::test]
async fn every_address_of_the_page_is_served() {
    let db = Database::create().await;
    let (interface, ada, live) = (interface(&[&db]), ada(&db).await, account(&db).await.live);
    let region = db.cell().region();
    let case = opened(&db, live.reseller.id).await;
    let grace = session_token(&operator_key(region), "grace", region, HOUR, now(db.cell()).await).unwrap();
    for address in told() {
        let (method, path) = address.split_once(' ').unwrap();
        let path = path.replace("{region}", "eu").replace("{reseller}", &live.reseller.id.to_string());
        let path = path.replace("{case}", &case);
        let (path, session) = match path.split_once("{adjustment}") {
            Some((before, step)) => {
                // One that waits for a second operator, or one that does not.
                let amount = if step == "/approve" { "500.01" } else { "1.00" };
                let body =
                    format!(r#"{{"reason":"r","kind":"goodwill","amount":{{"amount":"{amount}","currency":"EUR"}}}}"#);
                let (_, made) = post(&interface, &ada, before.trim_end_matches('/'), &body).await;
                (format!("{before}{}{step}", made["id"].as_str().unwrap()), &grace)
            }
            None => (path, &ada),
        };
        let (status, answer) = match method {
            "GET" => get(&interface, session, &path).await,
            _ if path.ends_with("/release_terms") => {
                let terms = r#"{"reason":"as the page says","release_after_days":2,"reserve_percentage":"0","reserve_days":90}"#;
                post(&interface, session, &path, terms).await
            }
            _ if path.ends_with("/answer") || path.ends_with("/resolve") => {
                post(&interface, session, &path, r#"{"text":"as the page says"}"#).await
            }
            _ if path.ends_with("/assign") => {
                post(&interface, session, &path, r#"{"reason":"as the page says","assignee":"grace"}"#).await
            }
            _ if path.ends_with("/adjustments") => {
                let own =
                    r#"{"reason":"as the page says","kind":"goodwill","amount":{"amount":"1.00","currency":"EUR"}}"#;
                post(&interface, session, &path, own).await
            }
            _ if path.ends_with("/fee_rules") => {
                let free = r#"{"reason":"as the page says","tax_rate":"21","components":[]}"#;
                post(&interface, session, &path, free).await
            }
            _ => post(&interface, session, &path, r#"{"reason":"as the page says"}"#).await,
        };
        assert_eq!(status, StatusCode::OK, "{address}: {answer}");
    }
}

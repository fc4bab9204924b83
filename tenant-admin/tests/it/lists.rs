//! Lists go over all cells of a region, page by page.

use axum::http::StatusCode;
use testkit::Database;

use crate::desk::{account, ada, get, interface, post};

#[tokio::test]
async fn the_list_goes_over_all_cells_of_the_region_once() {
    let (first, second) = (Database::create().await, Database::create().await);
    let elsewhere = Database::create_in("us").await;
    let interface = interface(&[&first, &second, &elsewhere]);
    account(&elsewhere).await;
    let mut expected = Vec::new();
    for db in [&first, &second, &first] {
        let account = account(db).await;
        expected.extend([account.live, account.test].map(|environment| environment.reseller.id.to_string()));
    }
    expected.sort();

    let ada = ada(&first).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = get(&interface, &ada, &format!("/regions/eu/resellers?limit=4{cursor}")).await;
        assert_eq!(status, StatusCode::OK);
        for line in page["data"].as_array().unwrap() {
            assert_eq!((&line["name"], &line["state"]), (&"Stadium".into(), &"active".into()));
            seen.push(line["id"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_reseller_is_shown_whole_and_without_a_key() {
    let db = Database::create().await;
    let (interface, ada, test) = (interface(&[&db]), ada(&db).await, account(&db).await.test);
    let (_, shown) = get(&interface, &ada, &format!("/regions/eu/resellers/{}", test.reseller.id)).await;
    assert_eq!(shown["legal_name"], "Stadium BV");
    assert_eq!((&shown["mode"], &shown["currency"], &shown["version"]), (&"test".into(), &"EUR".into(), &1.into()));
    assert!(!shown.to_string().contains("sk_"));
}

#[tokio::test]
async fn a_wrong_page_is_refused() {
    let db = Database::create().await;
    let (interface, ada, live) = (interface(&[&db]), ada(&db).await, account(&db).await.live);
    let one = format!("/regions/eu/resellers/{}", live.reseller.id);
    post(&interface, &ada, &format!("{one}/suspend"), r#"{"reason":"unpaid"}"#).await;
    for list in ["/regions/eu/resellers".to_owned(), format!("{one}/audit")] {
        for (query, code) in [
            ("limit=0", "invalid_field"),
            ("limit=101", "invalid_field"),
            ("limit=many", "invalid_field"),
            ("cursor=zz", "invalid_cursor"),
            ("page=2", "unknown_field"),
        ] {
            let (status, problem) = get(&interface, &ada, &format!("{list}?{query}")).await;
            assert!(status.is_client_error());
            assert_eq!(problem["code"], code, "{query}");
        }
    }
}

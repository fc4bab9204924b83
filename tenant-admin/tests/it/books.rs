//! The platform's own books, over all resellers of a region and of no other.

use accounting::{About, Account, Journal, Line, Source, post};
use axum::http::StatusCode;
use foundation::id::{OrderId, ResellerId};
use serde_json::{Value, json};
use testkit::Database;

use crate::desk::{account, ada, get, interface};

/// Posts a sale of 100.00 with a fee of 5.60 and its tax, in this currency.
async fn sale(db: &Database, reseller: ResellerId, currency: &str) {
    let order = OrderId::new();
    let line = |account, amount: &str| Line { account, amount: amount.parse().unwrap() };
    let lines = vec![
        line(Account::PspClearing, "100.00"),
        line(Account::ResellerPending, "-93.22"),
        line(Account::RevPlatformFee, "-5.60"),
        line(Account::TaxPlatformVat, "-1.18"),
    ];
    let journal = Journal::new(Source::Sale(order), currency.parse().unwrap(), lines, About::order(order)).unwrap();
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    post(&mut tx, &journal).await.unwrap();
    tx.commit().await.unwrap();
}

fn euro(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

#[tokio::test]
async fn the_books_are_those_of_all_resellers_of_the_region_and_mode_together() {
    let (eu, us) = (Database::create_in("eu").await, Database::create_in("us").await);
    let interface = interface(&[&eu, &us]);
    let (session, one, other) = (ada(&eu).await, account(&eu).await, account(&eu).await);
    for reseller in [one.live.reseller.id, one.live.reseller.id, other.live.reseller.id, one.test.reseller.id] {
        sale(&eu, reseller, "EUR").await;
    }
    sale(&eu, other.live.reseller.id, "USD").await;
    sale(&us, account(&us).await.live.reseller.id, "EUR").await;
    let (status, books) = get(&interface, &session, "/regions/eu/books").await;
    assert_eq!((status, books["currencies"].as_array().unwrap().len()), (StatusCode::OK, 2));
    let euros = &books["currencies"][0];
    assert_eq!((&euros["earned"]["platform_fees"], &euros["earned"]["result"]), (&euro("16.80"), &euro("16.80")));
    assert_eq!((&euros["liabilities"]["tax_due"], &euros["assets"]["psp_clearing"]), (&euro("3.54"), &euro("300.00")));
    assert_eq!(euros["liabilities"]["resellers_pending"], euro("279.66"));
    let lines = euros["trial_balance"].as_array().unwrap();
    let cents = |line: &Value| line["closing"]["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    assert_eq!((lines.len(), lines.iter().map(cents).sum::<i64>()), (4, 0));
    let (_, test) = get(&interface, &session, "/regions/eu/books?mode=test").await;
    assert_eq!(test["currencies"][0]["earned"]["platform_fees"], euro("5.60"));

    let (_, first) = get(&interface, &session, "/regions/eu/books/resellers?limit=1").await;
    assert_eq!((&first["data"][0]["pending"], &first["data"][0]["fees_earned"]), (&euro("186.44"), &euro("11.20")));
    let rest = format!("/regions/eu/books/resellers?cursor={}", first["next_cursor"].as_str().unwrap());
    let (_, rest) = get(&interface, &session, &rest).await;
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["data"][0]["pending"]), (2, &euro("93.22")));
}

#[tokio::test]
async fn a_period_has_what_was_posted_in_it_and_begins_with_what_was_before() {
    let db = Database::create().await;
    let (interface, session, live) = (interface(&[&db]), ada(&db).await, account(&db).await.live.reseller.id);
    sale(&db, live, "EUR").await;
    let between = db.cell().clock().await.unwrap();
    sale(&db, live, "EUR").await;
    let (_, after) = get(&interface, &session, &format!("/regions/eu/books?from={between}")).await;
    let euros = &after["currencies"][0];
    assert_eq!((&euros["earned"]["platform_fees"], &euros["assets"]["psp_clearing"]), (&euro("5.60"), &euro("200.00")));
    let fees = euros["trial_balance"].as_array().unwrap().iter().find(|line| line["account"] == "rev_platform_fee");
    let fees = fees.unwrap();
    assert_eq!((&fees["opening"], &fees["moved"], &fees["closing"]), (&euro("-5.60"), &euro("-5.60"), &euro("-11.20")));
    let (_, before) = get(&interface, &session, &format!("/regions/eu/books?to={between}")).await;
    assert_eq!(before["currencies"][0]["assets"]["psp_clearing"], euro("100.00"));
    for (query, code) in [
        ("from=2031-01-01T00:00:00Z&to=2030-01-01T00:00:00Z", "invalid_field"),
        ("mode=real", "invalid_field"),
        ("year=2030", "unknown_field"),
    ] {
        let (_, problem) = get(&interface, &session, &format!("/regions/eu/books?{query}")).await;
        assert_eq!(problem["code"], code, "{query}");
    }
}

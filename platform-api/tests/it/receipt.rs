//! Receipts: what the buyer is told is what the books have.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::text,
    theatre::{buyer, eur, id},
};

fn cents(money: &Value) -> i64 {
    text(&money["amount"]).replace('.', "").parse().unwrap()
}

#[tokio::test]
async fn a_receipt_tells_what_was_bought_paid_and_given_back_as_the_books_have_it() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let promotion = json!({ "code": "TEN", "name": "Ten off", "percent": "10" });
    client.post("/v1/promotions", promotion).await.ok(201);
    let offer = |id: &str| format!("/v1/performances/{}/offers/{id}", theatre.performance);
    for (id, etag, percent) in [(&theatre.adult, "\"1\"", "9.0"), (&theatre.child, "\"1\"", "21")] {
        let told = client.patch(&offer(id), etag, json!({ "tax_rate": percent })).await;
        assert_eq!(told.ok(200)["tax_rate"], percent.trim_end_matches(".0"));
    }
    let wrong = client.patch(&offer(&theatre.adult), "\"2\"", json!({ "tax_rate": "100.5" })).await;
    assert_eq!(wrong.refused(422, "invalid_field")["errors"][0]["pointer"], "/tax_rate");
    let items = json!([theatre.adults(2), theatre.children(1)]);
    let hold = client.post("/v1/holds", json!({ "items": items, "promotion_code": "TEN" })).await.ok(201);
    let body = json!({ "hold_id": id(&hold), "buyer": buyer(), "reference": "r-7", "payment": {} });
    let order = client.post("/v1/orders", body).await.ok(201);
    let path = format!("/v1/orders/{}", id(&order));
    // From now on the price includes nothing that is told; the order stays as it is.
    client.patch(&offer(&theatre.adult), "\"2\"", json!({ "tax_rate": null })).await.ok(200);
    client.get(&format!("{path}/receipt")).await.refused(409, "order_not_paid");
    app.pay(&order["payments"][0], "pm_card_visa").await;
    app.callback("payment_intent.succeeded").await;
    let refund = client.post(&format!("{path}/refunds"), json!({ "items": [3] })).await.ok(201);
    app.callback("refund.created").await;

    let receipt = client.get(&format!("{path}/receipt")).await.ok(200);
    // 49.90 + 49.90 + 25.00, ten percent off each.
    let sums =
        ["price", "discount", "face_value", "fees", "total", "refunded", "remaining"].map(|sum| receipt[sum].clone());
    assert_eq!(sums, ["124.80", "12.48", "112.32", "0.00", "112.32", "22.50", "89.82"].map(eur));
    assert_eq!((&receipt["paid"]["amount"], &receipt["paid"]["by_payment"]), (&eur("112.32"), &eur("112.32")));
    assert_eq!(
        (&receipt["paid"]["by_credit"], &receipt["paid"]["payments"][0]["received"]),
        (&eur("0.00"), &eur("112.32"))
    );
    assert_eq!((&receipt["refunds"][0]["id"], &receipt["refunds"][0]["state"]), (&refund["id"], &json!("succeeded")));
    assert_eq!(
        (&receipt["seller"]["legal_name"], &receipt["buyer"]["name"]),
        (&json!("Stage Left B.V."), &buyer()["name"])
    );
    let lines = receipt["lines"].as_array().unwrap();
    for sum in ["price", "discount", "face_value", "fees", "total"] {
        assert_eq!(lines.iter().map(|line| cents(&line[sum])).sum::<i64>(), cents(&receipt[sum]), "{sum}");
    }
    // 89.82 at 9 % and 22.50 at 21 %.
    let at = |rate: &str, sums: [&str; 3]| {
        let [net, tax, face_value] = sums.map(eur);
        json!({ "rate": rate, "net": net, "tax": tax, "face_value": face_value })
    };
    assert_eq!(receipt["taxes"], json!([at("9", ["82.40", "7.42", "89.82"]), at("21", ["18.60", "3.90", "22.50"])]));
    let order = client.get(&path).await.ok(200);
    assert_eq!((&order["ticket_tax"], &order["items"][0]["tax_rate"]), (&eur("11.32"), &json!("9")));
    assert_eq!((&order["items"][0]["ticket_tax"], &lines[2]["ticket_tax"]), (&eur("3.71"), &eur("3.90")));
    assert_eq!((&refund["ticket_tax"], &receipt["refunds"][0]["ticket_tax"]), (&eur("3.90"), &eur("3.90")));
    let codes: Vec<bool> = lines.iter().map(|line| line["redemption_code"].is_string()).collect();
    assert_eq!(
        (codes, &lines[2]["credential"], &lines[0]["show"]),
        (vec![true, true, false], &json!("voided"), &json!("Hamlet"))
    );

    // The settlement of the same sale says the same.
    app.settle().await;
    let closed = client.post("/v1/settlements", json!({})).await.ok(201);
    let totals = &closed["data"][0]["totals"];
    assert_eq!((&totals["gross"], &totals["refund"]), (&receipt["total"], &receipt["refunded"]));
    assert_eq!(totals["ticket_tax"], eur("7.42"));
    let rows = client.get(&format!("/v1/settlements/{}/rows?format=jsonl", id(&closed["data"][0]))).await;
    let rows: Vec<Value> = rows.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let taxes: Vec<_> = rows.iter().map(|row| (text(&row["ticket_tax_rate"]), text(&row["ticket_tax"]))).collect();
    assert_eq!(taxes, [("9", "7.42"), ("21", "3.90"), ("21", "-3.90")]);

    // And so does the sales report, by what took something off.
    let report = client.get("/v1/reports/sales?group_by=promotion").await.ok(200);
    assert_eq!((&report["data"][0]["gross"], &report["data"][0]["refunds"]), (&receipt["total"], &receipt["refunded"]));
    let table = client.get("/v1/reports/sales?group_by=promotion&format=csv").await;
    assert!(table.header("content-type").starts_with("text/csv"));
    let lines: Vec<&str> = table.text.lines().collect();
    assert!(lines.len() == 2 && lines[1].contains(",EUR,3,1,112.32,") && lines[1].ends_with(",7.42"), "{lines:?}");
    assert!(lines[1].contains(text(&report["data"][0]["promotion_id"])), "{lines:?}");
    client.get("/v1/reports/sales?group_by=answer").await.refused(422, "invalid_field");
    let key = json!({ "kind": "restricted", "name": "bookkeeper", "scopes": ["finance:read"] });
    let key = client.post("/v1/api_keys", key).await.ok(201);
    let bookkeeper = app.with_key(text(&key["secret"]));
    bookkeeper.get("/v1/reports/sales?group_by=channel").await.ok(200);
    bookkeeper.get("/v1/reports/sales?group_by=answer").await.refused(403, "forbidden");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn what_the_bank_took_is_on_the_receipt_with_its_tax() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let adult = format!("/v1/performances/{}/offers/{}", theatre.performance, theatre.adult);
    client.patch(&adult, "\"1\"", json!({ "tax_rate": "9" })).await.ok(200);
    let order = theatre.disputed(&app, client, json!([theatre.adults(2), theatre.children(1)])).await;
    let receipt = client.get(&format!("/v1/orders/{}/receipt", id(&order))).await.ok(200);
    let sums = ["total", "refunded", "taken_by_bank", "remaining"].map(|sum| receipt[sum].clone());
    assert_eq!(sums, ["124.80", "0.00", "124.80", "0.00"].map(eur));
    assert_eq!(
        receipt["ticket_tax"],
        json!({ "sold": eur("8.24"), "given_back": eur("8.24"), "remaining": eur("0.00") })
    );
    let pdf = crate::documents::read(client, &format!("/v1/orders/{}/receipt.pdf", id(&order))).await;
    crate::documents::says(&pdf, &[&json!("Taken back by the buyer's bank"), &receipt["taken_by_bank"]["amount"]]);
    // The settlement takes the tax back with it.
    app.settle().await;
    let closed = client.post("/v1/settlements", json!({})).await.ok(201);
    assert_eq!(closed["data"][0]["totals"]["ticket_tax"], eur("0.00"));
    let report = client.get("/v1/reports/sales").await.ok(200);
    let total = &report["totals"][0];
    assert_eq!((&total["ticket_tax"], &total["dispute_tax"]), (&eur("8.24"), &eur("8.24")));
    app.verify(&[&reseller]).await;
}

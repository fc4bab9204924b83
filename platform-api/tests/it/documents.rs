//! PDFs: they say what the JSON says, and nothing is on them that cannot be read out again.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::{Client, text},
    theatre::{buyer, eur, id},
};

/// The text of a PDF, as whoever copies it out has it, without spaces.
pub(crate) async fn read(client: &Client, path: &str) -> String {
    let response = client.call("get", path).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
        (200, "application/pdf")
    );
    let bytes = response.bytes().await.unwrap();
    if let Ok(folder) = std::env::var("STAGEDOOR_PICTURES") {
        std::fs::write(format!("{folder}/{}", path.replace('/', "_")), &bytes).unwrap();
    }
    let pdf = lopdf::Document::load_mem(&bytes).unwrap();
    let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
    squeezed(&pdf.extract_text(&pages).unwrap())
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Every amount of a JSON value, as a document writes it.
fn amounts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) if members.contains_key("amount") && members.contains_key("currency") => {
            found.push(format!("{}{}", text(&members["currency"]), text(&members["amount"])));
        }
        Value::Object(members) => members.values().for_each(|member| amounts(member, found)),
        Value::Array(members) => members.iter().for_each(|member| amounts(member, found)),
        _ => {}
    }
}

#[track_caller]
pub(crate) fn says(pdf: &str, what: &[&Value]) {
    for value in what {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert!(pdf.contains(&squeezed(&text)), "`{text}` is not in {pdf}");
    }
}

/// The statement has each amount of the settlement, and its digests.
#[track_caller]
fn statement_says(statement: &str, told: &Value) {
    let mut all = Vec::new();
    for part in ["opening_balance", "closing_balance", "totals", "by_category", "accounts_at_end"] {
        amounts(&told[part], &mut all);
    }
    for amount in &all {
        // What is taken off stands with its sign.
        let taken_off = amount.replacen("EUR", "EUR-", 1);
        assert!(
            statement.contains(amount.as_str()) || statement.contains(&taken_off),
            "{amount} is not in {statement}"
        );
    }
    says(
        statement,
        &[
            &told["id"],
            &told["jsonl_sha256"],
            &told["csv_sha256"],
            &told["books_sha256"],
            &told["account_holder"]["name"],
        ],
    );
}

#[tokio::test]
async fn statement_invoice_and_receipt_say_what_the_json_says() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let etag = client.get("/v1/reseller").await.etag().to_owned();
    let named = json!({ "tax_id": "NL123456789B01", "legal_name": "Stage Łeft Größe B.V." });
    client.patch("/v1/reseller", &etag, named).await.ok(200);
    let theatre = reseller.theatre().await;
    let adult = format!("/v1/performances/{}/offers/{}", theatre.performance, theatre.adult);
    client.patch(&adult, "\"1\"", json!({ "tax_rate": "9" })).await.ok(200);
    let order = theatre.sold(&app, client, json!([theatre.adults(2), theatre.children(1)])).await;
    client.post(&format!("/v1/orders/{}/refunds", id(&order)), json!({ "items": [1] })).await.ok(201);
    app.callback("refund.created").await;
    app.settle().await;
    let closed = client.post("/v1/settlements", json!({})).await.ok(201);
    let told = &closed["data"][0];
    let path = format!("/v1/settlements/{}", id(told));

    let statement = read(client, &format!("{path}/statement.pdf")).await;
    statement_says(&statement, told);

    // What article 226 of the VAT Directive asks for, by name.
    let invoice = &told["fee_invoice"];
    let pdf = read(client, &format!("{path}/fee_invoice.pdf")).await;
    for (article, members) in [
        ("(1) date of issue", vec![&invoice["issued_on"]]),
        ("(2) sequential number", vec![&invoice["number"]]),
        ("(3) the supplier's VAT number", vec![&invoice["supplier"]["tax_id"]]),
        ("(4) the customer's VAT number", vec![&invoice["customer"]["tax_id"]]),
        (
            "(5) names and addresses",
            vec![
                &invoice["supplier"]["name"],
                &invoice["supplier"]["address"],
                &invoice["customer"]["name"],
                &invoice["customer"]["address"],
            ],
        ),
        ("(6) quantity and nature", vec![&invoice["lines"][0]["description"], &invoice["lines"][0]["tickets"]]),
        ("(7) date of supply", vec![&invoice["supplied_from"], &invoice["supplied_until"]]),
        ("(9) rate", vec![&invoice["lines"][0]["tax_rate"]]),
    ] {
        assert!(members.iter().all(|member| !member.is_null()), "{article}: {invoice}");
        says(&pdf, &members);
    }
    // The day of issue is also the last of the period here, so it is looked for by its label.
    says(&pdf, &[&json!(format!("Date of issue {}", text(&invoice["issued_on"])))]);
    let mut all = Vec::new();
    amounts(invoice, &mut all);
    // (8) the taxable amount and (10) the tax: 2.80 + 2.80 + 1.55 and 0.59 + 0.59 + 0.33.
    assert!(
        all.contains(&"EUR7.15".to_owned())
            && all.contains(&"EUR1.51".to_owned())
            && all.contains(&"EUR8.66".to_owned()),
        "{all:?}"
    );
    all.iter().for_each(|amount| assert!(pdf.contains(amount.as_str()), "{amount} is not in {pdf}"));
    assert!(text(&invoice["number"]).ends_with("-EUR-0001"), "{invoice}");

    let path = format!("/v1/orders/{}/receipt", id(&order));
    let told = client.get(&path).await.ok(200);
    let pdf = read(client, &format!("{path}.pdf")).await;
    let mut all = Vec::new();
    assert_eq!(told["taxes"][0]["tax"], eur("8.24"));
    assert_eq!(told["ticket_tax"], json!({ "sold": eur("8.24"), "given_back": eur("4.12"), "remaining": eur("4.12") }));
    for part in ["price", "fees", "total", "taxes", "ticket_tax", "refunded", "remaining"] {
        amounts(&told[part], &mut all);
    }
    all.iter().for_each(|amount| assert!(pdf.contains(amount.as_str()), "{amount} is not in {pdf}"));
    says(
        &pdf,
        &[
            &told["order_id"],
            &buyer()["name"],
            &told["seller"]["legal_name"],
            &told["lines"][1]["redemption_code"],
            &told["lines"][0]["show"],
        ],
    );
    app.verify(&[&reseller]).await;
}

/// Every amount of these parts is on the document.
#[track_caller]
fn has_amounts(pdf: &str, of: &Value) {
    let mut all = Vec::new();
    amounts(of, &mut all);
    assert!(!all.is_empty());
    all.iter().for_each(|amount| assert!(pdf.contains(amount.as_str()), "{amount} is not in {pdf}"));
}

/// A show in this currency at this price, with names in three alphabets, sold out to one buyer.
async fn sold_out(app: &TestApp, client: &Client, currency: &str, price: &str, title: &str) -> Value {
    let venue = json!({ "name": "Μέγαρο Μουσικής", "city": "Αθήνα", "country": "GR", "time_zone": "Europe/Athens" });
    let venue = client.post("/v1/venues", venue).await.ok(201);
    let mut show = crate::theatre::show_body(&id(&venue));
    (show["currency"], show["title"]) = (json!(currency), json!(title));
    let price = json!({ "amount": price, "currency": currency });
    show["performances"][0]["price_tiers"][0]["prices"] = json!([{ "ticket_type": "adult", "price": price }]);
    let performance = id(&client.post("/v1/shows", show).await.ok(201)["performances"][0]);
    let path = format!("/v1/performances/{performance}");
    client.patch(&format!("{path}/buyer_limit"), "*", json!({ "max_tickets": 40 })).await.ok(200);
    let whole = client.get(&path).await.ok(200);
    let wanted = json!({ "performance_id": performance, "offer_id": id(&whole["offers"][0]), "quantity": 40 });
    let buyer = json!({ "name": "Łucja Őze-Жуковська", "email": "lucja@example.com" });
    let order = client.post("/v1/orders", json!({ "items": [wanted], "buyer": buyer, "payment": {} })).await.ok(201);
    app.pay(&order["payments"][0], "pm_card_visa").await;
    assert_eq!(app.callback("payment_intent.succeeded").await, 200);
    order
}

#[tokio::test]
async fn forty_tickets_in_any_currency_and_alphabet_are_all_on_the_papers() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let long =
        "Кирилица и Ελληνικά: a title that goes on and on, for as long as people care to read what a play is about";
    for (currency, price, title) in
        [("JPY", "1999", long), ("KWD", "5.120", "Žižek’s “Dvořák”"), ("BHD", "1234.560", "Ромео и Джульетта")]
    {
        let order = sold_out(&app, client, currency, price, title).await;
        let path = format!("/v1/orders/{}/receipt", id(&order));
        let told = client.get(&path).await.ok(200);
        let pdf = read(client, &format!("{path}.pdf")).await;
        for line in told["lines"].as_array().unwrap() {
            says(&pdf, &[&line["redemption_code"], &line["show"], &line["venue"], &line["city"], &line["section"]]);
            has_amounts(&pdf, &line["total"]);
        }
        says(&pdf, &[&told["buyer"]["name"], &told["order_id"]]);
        has_amounts(&pdf, &json!([told["price"], told["fees"], told["total"], told["paid"]["by_payment"]]));
    }
    app.settle().await;
    let closed = client.post("/v1/settlements", json!({})).await.ok(201);
    assert_eq!(closed["data"].as_array().unwrap().len(), 3);
    for told in closed["data"].as_array().unwrap() {
        let path = format!("/v1/settlements/{}", id(told));
        let statement = read(client, &format!("{path}/statement.pdf")).await;
        has_amounts(&statement, &json!([told["opening_balance"], told["closing_balance"], told["by_category"]]));
        has_amounts(&read(client, &format!("{path}/fee_invoice.pdf")).await, &told["fee_invoice"]);
    }
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn names_in_any_writing_can_be_read_on_the_papers() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let etag = client.get("/v1/reseller").await.etag().to_owned();
    client.patch("/v1/reseller", &etag, json!({ "legal_name": "株式会社舞台袖チケット" })).await.ok(200);
    let theatre = reseller.theatre().await;
    let items = json!([theatre.adults(1)]);
    let buyer = json!({ "name": "김철수 山田太郎 (محمد علي) תיאטרון สมชาย", "email": "yamada@example.com" });
    let order = client.post("/v1/orders", json!({ "items": items, "buyer": buyer, "payment": {} })).await.ok(201);
    app.pay(&order["payments"][0], "pm_card_visa").await;
    app.callback("payment_intent.succeeded").await;
    let path = format!("/v1/orders/{}", id(&order));
    let pdf = read(client, &format!("{path}/receipt.pdf")).await;
    // What is read from the right stands there in the order in which it is drawn, from the left.
    let drawn = |text: &str| json!(text.chars().rev().collect::<String>());
    says(&pdf, &[&json!("株式会社舞台袖チケット"), &json!("김철수 山田太郎"), &json!("สมชาย"), &drawn("תיאטרון")]);
    assert!(!pdf.contains('\u{fffd}'), "{pdf}");
    // What no typeface of the program has is told to be missing, and is still there for whoever copies the text.
    let etag = client.get("/v1/reseller").await.etag().to_owned();
    client.patch("/v1/reseller", &etag, json!({ "legal_name": "𠮷野家" })).await.ok(200);
    let pdf = read(client, &format!("{path}/receipt.pdf")).await;
    says(&pdf, &[&json!("𠮷野家"), &json!("\u{fffd} stands for a letter that cannot be drawn here.")]);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_credit_note_names_the_invoice_that_it_corrects() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let order = theatre.sold(&app, client, json!([theatre.adults(2)])).await;
    app.settle().await;
    let first = client.post("/v1/settlements", json!({})).await.ok(201)["data"][0].take();
    client.get(&format!("/v1/settlements/{}/credit_note.pdf", id(&first))).await.refused(404, "not_found");
    let plan = json!({ "offered": ["refund", "credit"], "default": "refund" });
    let plan = client.post(&format!("/v1/performances/{}/cancel", theatre.performance), plan).await.ok(200);
    app.settle().await;
    let decisions = format!("/v1/cancellations/{}/decisions", id(&plan["cancellation"]));
    client.post(&decisions, json!({ "order_id": id(&order), "decision": "credit" })).await.ok(200);
    app.settle().await;
    let second = client.post("/v1/settlements", json!({})).await.ok(201)["data"][0].take();
    let note = &second["credit_note"];
    assert_eq!((&note["total"], &second["fee_invoice"]), (&eur("-6.78"), &Value::Null));
    assert_eq!(note["lines"][0]["corrects"], first["fee_invoice"]["number"]);
    // Credit was given back, and that is a refund.
    assert_eq!((&second["totals"]["refund"], &second["totals"]["other"]), (&eur("99.80"), &eur("0.00")));
    let pdf = read(client, &format!("/v1/settlements/{}/credit_note.pdf", id(&second))).await;
    says(&pdf, &[&note["number"], &note["lines"][0]["corrects"], &note["issued_on"], &note["lines"][0]["tickets"]]);
    has_amounts(&pdf, note);

    let receipt = client.get(&format!("/v1/orders/{}/receipt", id(&order))).await.ok(200);
    assert_eq!(
        (&receipt["refunded"], &receipt["refunded_as_credit"], &receipt["remaining"]),
        (&eur("99.80"), &eur("99.80"), &eur("0.00"))
    );
    assert!(text(&receipt["refunds"][0]["credit_id"]).starts_with("cred_"), "{receipt}");
    let pdf = read(client, &format!("/v1/orders/{}/receipt.pdf", id(&order))).await;
    assert!(pdf.contains("Ofit,ascreditEUR99.80"), "{pdf}");
    app.verify(&[&reseller]).await;
}

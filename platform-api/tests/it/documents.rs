//! PDFs: they say what the JSON says, and nothing is on them that cannot be read out again.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::{Client, text},
    theatre::{buyer, id},
};

/// The text of a PDF, as whoever copies it out has it, without spaces.
async fn read(client: &Client, path: &str) -> String {
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
fn says(pdf: &str, what: &[&Value]) {
    for value in what {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert!(pdf.contains(&squeezed(&text)), "`{text}` is not in {pdf}");
    }
}

#[tokio::test]
async fn statement_invoice_and_receipt_say_what_the_json_says() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let etag = client.get("/v1/reseller").await.etag().to_owned();
    client
        .patch("/v1/reseller", &etag, json!({ "tax_id": "NL123456789B01", "legal_name": "Stage Łeft Größe B.V." }))
        .await
        .ok(200);
    let theatre = reseller.theatre().await;
    let order = theatre.sold(&app, client, json!([theatre.adults(2), theatre.children(1)])).await;
    client.post(&format!("/v1/orders/{}/refunds", id(&order)), json!({ "items": [1] })).await.ok(201);
    app.callback("refund.created").await;
    app.settle().await;
    let closed = client.post("/v1/settlements", json!({})).await.ok(201);
    let told = &closed["data"][0];
    let path = format!("/v1/settlements/{}", id(told));

    let statement = read(client, &format!("{path}/statement.pdf")).await;
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
        &statement,
        &[
            &told["id"],
            &told["jsonl_sha256"],
            &told["csv_sha256"],
            &told["books_sha256"],
            &told["account_holder"]["name"],
        ],
    );

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
    for part in ["price", "fees", "total", "refunded", "remaining"] {
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

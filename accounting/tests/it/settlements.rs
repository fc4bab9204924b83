//! Settlements: each period sealed once, as it was, and the next one going on from there.

use accounting::{
    Adjustment, AmountRefund, Bearer, Disputed, Every, Payer, Payout, Pot, ProviderMoney, Reason, SalesFilter,
    ScheduleChanges, SealedSettlement, adjust, close_due, close_period, hosting, list_settlements, open_periods, post,
    post_amount_refund, post_provider_fee, sales_report, seal_tenant, set_settlement_schedule, settled,
    settlement_rows, settlement_schedule,
};
use foundation::{
    Instant, Money, TenantTx,
    id::{AdjustmentId, DisputeId, PaymentId, PayoutId, RefundId, ResellerId},
    version::IfVersion,
};
use serde_json::{Value, json};
use testkit::Database;

use crate::shop::{self, decimal, eur, golden};

const FOLLOWS: &str = "each settlement begins where the one before it ended, with what that closed with";
const SUMS: &str = "each settlement comes to what the books have of its period";
const STRAY_PAGES: &str = "every page of rows has its settlement";
const INVOICES: &str =
    "fee invoices and credit notes are numbered without gaps, and come to the fees of their settlements";
const SEALED: &str = "every settlement is to the byte what was sealed";

async fn sell(db: &Database, reseller: ResellerId) -> accounting::Sale {
    let order = golden();
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    shop::sell(&mut tx, &order).await;
    tx.commit().await.unwrap();
    order
}

async fn close(db: &Database, reseller: ResellerId) -> Vec<SealedSettlement> {
    seal_tenant(db.cell(), reseller).await.unwrap();
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let closed = close_period(&mut tx, db.cell(), None).await.unwrap();
    tx.commit().await.unwrap();
    closed
}

fn told(sealed: &SealedSettlement) -> Value {
    serde_json::from_str(&sealed.document).unwrap()
}

/// All rows of a settlement, in both forms.
async fn text(tx: &mut TenantTx, sealed: &SealedSettlement) -> (String, String) {
    let (mut jsonl, mut csv, mut page) = (String::new(), String::new(), 1);
    while let Some(rows) = settlement_rows(tx, sealed.settlement_id, page).await.unwrap() {
        jsonl += &rows.jsonl;
        csv += &rows.csv;
        page += 1;
    }
    (jsonl, csv)
}

async fn broken(db: &Database, reseller: ResellerId) -> Vec<&'static str> {
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let checked = accounting::checks(&mut tx).await.unwrap();
    checked.iter().filter(|c| !c.violations.is_empty()).map(|c| c.invariant).collect()
}

async fn all(tx: &mut TenantTx) -> Vec<SealedSettlement> {
    list_settlements(tx, &accounting::SettlementFilter::default(), None, 100).await.unwrap()
}

#[tokio::test]
async fn a_period_goes_on_where_the_one_before_it_was_closed() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let order = sell(&db, reseller).await;
    let first = close(&db, reseller).await;
    assert_eq!(close(&db, reseller).await.len(), 0, "a period without rows is not closed");
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    post_provider_fee(&mut tx, (order.order, PaymentId::new()), "txn_1", decimal("1.75"), eur()).await.unwrap();
    tx.commit().await.unwrap();
    let second = close(&db, reseller).await;
    let (first, second) = (told(&first[0]), told(&second[0]));
    let balance = |of: &Value, which: &str| of[which]["amount"].as_str().unwrap().to_owned();
    assert_eq!(
        (balance(&first, "opening_balance"), balance(&first, "closing_balance")),
        ("0.00".to_owned(), "93.22".to_owned())
    );
    assert_eq!(
        (balance(&second, "opening_balance"), balance(&second, "closing_balance")),
        ("93.22".to_owned(), "91.47".to_owned())
    );
    assert_eq!((&first["number"], &second["number"]), (&Value::from(1), &Value::from(2)));
    assert_eq!((&first["last_position"], &second["first_position"]), (&Value::from(1), &Value::from(2)));
    assert_eq!(second["begins_at"], first["ends_at"]);
    assert_eq!(second["by_category"][0]["category"], "provider_fee");
    assert_eq!(second["totals"]["provider_fee"]["amount"], "1.75");
    assert_eq!(broken(&db, reseller).await, [""; 0]);
}

#[tokio::test]
async fn the_sales_report_of_a_period_and_its_settlement_agree_column_by_column() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let [lost, won_later, given_back] =
        [sell(&db, reseller).await, sell(&db, reseller).await, sell(&db, reseller).await];
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    for (of, name) in [(&lost, "txn_1"), (&won_later, "txn_2"), (&given_back, "txn_3")] {
        post_provider_fee(&mut tx, (of.order, PaymentId::new()), name, decimal("1.75"), eur()).await.unwrap();
    }
    let back = shop::refund_of(&given_back, &given_back.items[..1], true);
    shop::accept(&mut tx, &back).await;
    let disputed = |of: &accounting::Sale, own: &str| Disputed {
        dispute: DisputeId::new(),
        order: of.order,
        payment: PaymentId::new(),
        currency: eur(),
        own: decimal(own),
        excess: decimal("0.00"),
        ticket_tax: decimal("0.00"),
    };
    let money = |name: &str, fee: &str| ProviderMoney { name: name.to_owned(), fee: decimal(fee), at: None };
    let (first, second, asked) =
        (disputed(&lost, "100.00"), disputed(&won_later, "100.00"), disputed(&given_back, "0.00"));
    for journal in [
        first.taken(&money("dp_1", "15.00"), Pot::Pending),
        first.lost(Bearer::Reseller, Pot::Pending),
        second.taken(&money("dp_2", "15.00"), Pot::Pending),
        second.lost(Bearer::Reseller, Pot::Pending),
        // Months later the bank thinks better of it, and the provider gives its fee back.
        second.given_back_after_loss(&money("dp_3", "-15.00"), Bearer::Reseller, Pot::Pending),
        // An inquiry that takes nothing but a fee.
        asked.taken(&money("dp_4", "5.00"), Pot::Pending),
    ] {
        post(&mut tx, &journal.unwrap()).await.unwrap();
    }
    let report = sales_report(&mut tx, &SalesFilter::default()).await.unwrap().totals.remove(0);
    tx.commit().await.unwrap();
    let settlement = told(&close(&db, reseller).await[0]);
    let column = |name: &str| decimal(settlement["totals"][name]["amount"].as_str().unwrap());
    let figures = report.figures;
    for (name, figure) in [
        ("gross", figures.gross),
        ("platform_fee", figures.platform_fees),
        ("platform_fee_tax", figures.platform_fee_tax),
        ("refund", figures.refunds + report.amount_refunds.unwrap()),
        ("provider_fee", report.provider_fees.unwrap()),
        ("net", report.net()),
    ] {
        assert_eq!(column(name), figure, "{name}");
    }
    assert_eq!(column("other") - column("dispute"), report.other.unwrap());
    assert_eq!((column("provider_fee"), column("dispute")), (decimal("25.25"), decimal("100.00")));
    assert_eq!(
        settlement["by_category"].as_array().unwrap().iter().filter(|of| of["category"] == "dispute_fee").count(),
        1
    );
}

#[tokio::test]
async fn each_currency_has_settlements_of_its_own() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    for _ in 0..2 {
        for code in ["EUR", "JPY", "KWD"] {
            let order = shop::order(Payer::Reseller, code.parse().unwrap(), &[shop::ticket("5000")]);
            let mut tx = db.cell().tenant(reseller).await.unwrap();
            shop::sell(&mut tx, &order).await;
            tx.commit().await.unwrap();
        }
        assert_eq!(close(&db, reseller).await.len(), 3);
    }
    // One currency alone moves; the others are closed with it when they next do.
    sell(&db, reseller).await;
    assert_eq!(close(&db, reseller).await.len(), 1);
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let numbers: Vec<_> =
        all(&mut tx).await.iter().map(|s| (told(s)["currency"].clone(), told(s)["number"].clone())).collect();
    assert_eq!(numbers.len(), 7);
    assert!(numbers.contains(&("EUR".into(), 3.into())) && numbers.contains(&("KWD".into(), 2.into())), "{numbers:?}");
    let yen = all(&mut tx).await.into_iter().find(|s| told(s)["currency"] == "JPY").unwrap();
    let (jsonl, _) = text(&mut tx, &yen).await;
    assert!(jsonl.contains("\"gross\":\"5000\""), "{jsonl}");
    drop(tx);
    assert_eq!(broken(&db, reseller).await, [""; 0]);
}

#[tokio::test]
async fn the_open_period_is_told_as_it_will_be_closed() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    sell(&db, reseller).await;
    seal_tenant(db.cell(), reseller).await.unwrap();
    let mut tx = db.cell().snapshot(reseller).await.unwrap();
    let open = serde_json::to_value(&open_periods(&mut tx, "eu").await.unwrap()[0]).unwrap();
    drop(tx);
    let closed = told(&close(&db, reseller).await[0]);
    for same in [
        "opening_balance",
        "closing_balance",
        "totals",
        "by_category",
        "accounts_at_end",
        "rows",
        "first_position",
        "last_position",
    ] {
        assert_eq!(open[same], closed[same], "{same}");
    }
    assert_eq!((&open["state"], &open["id"], &closed["state"]), (&"open".into(), &Value::Null, &"closed".into()));
}

#[tokio::test]
async fn what_is_placed_after_the_close_falls_into_the_next_period_whenever_it_was_posted() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    sell(&db, reseller).await;
    seal_tenant(db.cell(), reseller).await.unwrap();
    // Posted before the end of the period, and committed and placed after it.
    let mut late = db.cell().tenant(reseller).await.unwrap();
    shop::sell(&mut late, &golden()).await;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let first = close_period(&mut tx, db.cell(), None).await.unwrap();
    tx.commit().await.unwrap();
    late.commit().await.unwrap();
    let second = close(&db, reseller).await;
    // Two performances, so two rows a sale.
    assert_eq!((told(&first[0])["rows"].clone(), told(&second[0])["rows"].clone()), (2.into(), 2.into()));
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let row: Value = serde_json::from_str(text(&mut tx, &second[0]).await.0.lines().next().unwrap()).unwrap();
    let at = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(at(&row["posted_at_utc"]) < at(&told(&first[0])["ends_at"]), "it is a late one");
    drop(tx);
    assert_eq!(broken(&db, reseller).await, [""; 0]);
}

#[tokio::test]
async fn what_was_sealed_stays_to_the_byte_whatever_becomes_of_its_names() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let order = sell(&db, reseller).await;
    let rename = "update orders set reference = $3 where reseller_id = $1 and order_id = $2";
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    sqlx::query(rename).bind(reseller).bind(order.order).bind("r-1").execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    let closed = close(&db, reseller).await.remove(0);
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let before = text(&mut tx, &closed).await;
    assert!(before.0.contains("\"client_reference\":\"r-1\""), "{}", before.0);
    sqlx::query(rename).bind(reseller).bind(order.order).bind("r-2").execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    sell(&db, reseller).await;
    close(&db, reseller).await;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    assert_eq!(text(&mut tx, &closed).await, before);
    assert_eq!(all(&mut tx).await[0].document, closed.document);
    drop(tx);
    assert_eq!(broken(&db, reseller).await, [""; 0]);
}

#[tokio::test]
async fn many_who_close_at_once_close_it_once() {
    let db = std::sync::Arc::new(Database::create().await);
    let reseller = db.reseller().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (selling, closing) = (db.clone(), db.clone());
        tasks.spawn(async move {
            for _ in 0..5 {
                sell(&selling, reseller).await;
            }
        });
        tasks.spawn(async move {
            for _ in 0..5 {
                close(&closing, reseller).await;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    close(&db, reseller).await;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let rows: i64 = all(&mut tx).await.iter().map(|s| told(s)["rows"].as_i64().unwrap()).sum();
    assert_eq!(rows, 40);
    drop(tx);
    assert_eq!(broken(&db, reseller).await, [""; 0]);
}

/// The number and the total of a paper, and the numbers that its lines correct.
fn paper(told: &Value, which: &str) -> Option<(String, String, Vec<String>)> {
    let paper = &told[which];
    let last = |number: &Value| number.as_str().map(|number| number[16..].to_owned());
    let corrected = paper["lines"].as_array()?.iter().filter_map(|line| last(&line["corrects"])).collect();
    Some((last(&paper["number"])?, paper["total"]["amount"].as_str()?.to_owned(), corrected))
}

#[tokio::test]
async fn fees_given_back_of_an_earlier_invoice_have_a_credit_note_that_names_it() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let (one, two) = (sell(&db, reseller).await, sell(&db, reseller).await);
    // Given back before anything was invoiced: that is not on the invoice.
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    shop::accept(&mut tx, &shop::refund_of(&one, &one.items[..1], true)).await;
    tx.commit().await.unwrap();
    let first = told(&close(&db, reseller).await[0]);
    assert_eq!(paper(&first, "fee_invoice"), Some(("EUR-0001".to_owned(), "10.17".to_owned(), Vec::new())));
    assert_eq!(first["credit_note"], Value::Null);

    // A sale, and fees of two tickets of the first period given back.
    let three = sell(&db, reseller).await;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let failing = shop::refund_of(&two, &two.items[..1], true);
    shop::accept(&mut tx, &shop::refund_of(&one, &one.items[1..], true)).await;
    shop::accept(&mut tx, &failing).await;
    tx.commit().await.unwrap();
    let second = told(&close(&db, reseller).await[0]);
    assert_eq!(paper(&second, "fee_invoice"), Some(("EUR-0002".to_owned(), "6.78".to_owned(), Vec::new())));
    let note = ("EUR-CN0001".to_owned(), "-6.78".to_owned(), vec!["EUR-0001".to_owned()]);
    assert_eq!(paper(&second, "credit_note"), Some(note));
    assert_eq!(second["credit_note"]["lines"][0]["tickets"], -2);
    assert_eq!(second["totals"]["platform_fee"]["amount"], "0.00");

    // The refund fails, so its fee is taken again; and only fees of the second period are given back.
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    shop::fail(&mut tx, &failing).await;
    shop::accept(&mut tx, &shop::refund_of(&three, &three.items[..1], true)).await;
    tx.commit().await.unwrap();
    let third = told(&close(&db, reseller).await[0]);
    assert_eq!(paper(&third, "fee_invoice"), Some(("EUR-0003".to_owned(), "3.39".to_owned(), Vec::new())));
    let note = ("EUR-CN0002".to_owned(), "-3.39".to_owned(), vec!["EUR-0002".to_owned()]);
    assert_eq!(paper(&third, "credit_note"), Some(note));
    assert_eq!(broken(&db, reseller).await, [""; 0]);
}

#[tokio::test]
async fn every_line_of_a_fee_invoice_says_what_it_is_for_and_its_rate_of_tax() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let mut sold = shop::order(Payer::Reseller, eur(), &[shop::ticket("50.00")]);
    let item = &mut sold.items[0];
    (item.platform_fee, item.platform_fee_tax) = (decimal("0"), decimal("0"));
    (item.hosting_fee, item.hosting_fee_tax) = (decimal("1.00"), decimal("0.21"));
    shop::sell(&mut tx, &sold).await;
    // Of the shop's fee of the ticket a half goes back, and no fee of the platform's, as there was none.
    let back = AmountRefund {
        refund: RefundId::new(),
        order: sold.order,
        currency: eur(),
        amount: decimal("25.00"),
        fee_returned: decimal("0"),
        hosting_fee_returned: decimal("0.50"),
        fee_tax_returned: decimal("0.10"),
        ticket_tax: decimal("0"),
        credit: None,
    };
    post_amount_refund(&mut tx, &back).await.unwrap();
    let month = jiff::civil::date(2027, 3, 1);
    let shop = hosting(month, eur(), decimal("29.00"), (decimal("5.51"), decimal("19")), Pot::Available).unwrap();
    post(&mut tx, &shop).await.unwrap();
    // Of 12.10 that is given back of a fee 2.10 is the tax on it.
    let money = |amount: &str| Money::new(decimal(amount), eur()).unwrap();
    adjust(&mut tx, (Reason::PlatformFee, money("12.10"), None), ("ada", "too much")).await.unwrap();
    adjust(&mut tx, (Reason::PlatformFee, money("0.01"), Some(sold.order)), ("ada", "a cent")).await.unwrap();
    adjust(&mut tx, (Reason::Goodwill, money("5.00"), None), ("ada", "no fee")).await.unwrap();
    tx.commit().await.unwrap();
    let told = told(&close(&db, reseller).await[0]);
    let read = |line: &Value| {
        let amount = |name: &str| line[name]["amount"].as_str().unwrap().to_owned();
        let (of, rate) =
            (line["description"].as_str().unwrap().to_owned(), line["tax_rate"].as_str().map(str::to_owned));
        (of, rate, amount("net"), amount("tax"))
    };
    let line = |of: &str, rate: &str, net: &str, tax: &str| {
        (of.to_owned(), Some(rate.to_owned()), net.to_owned(), tax.to_owned())
    };
    let lines: Vec<_> = told["fee_invoice"]["lines"].as_array().unwrap().iter().map(read).collect();
    assert_eq!(
        lines,
        [
            line("Platform fees for tickets sold", "21", "0.50", "0.11"),
            line("Hosted shop, by the month", "19", "29.00", "5.51"),
            line("Platform fees, corrected", "21", "-10.01", "-2.10"),
        ]
    );
    assert_eq!(told["totals"]["platform_fee_tax"]["amount"], "3.52");
    let found = broken(&db, reseller).await;
    assert!(![FOLLOWS, SUMS, SEALED, INVOICES].iter().any(|own| found.contains(own)), "{found:?}");
}

#[tokio::test]
async fn what_an_invoice_is_for_begins_with_the_first_posting_in_its_own_currency() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    sell(&db, reseller).await;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    sqlx::query("insert into test_clocks (reseller_id, ahead) values ($1, interval '40 days')")
        .bind(reseller)
        .execute(tx.conn())
        .await
        .unwrap();
    let yen = "JPY".parse().unwrap();
    shop::sell(&mut tx, &shop::order(Payer::Reseller, yen, &[shop::ticket("5000")])).await;
    let today: String = sqlx::query_scalar("select to_char(cell_now() at time zone 'UTC', 'YYYY-MM-DD')")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let closed: Vec<Value> = close(&db, reseller).await.iter().map(told).collect();
    let from = |currency: &str| {
        let of = closed.iter().find(|told| told["currency"] == currency).unwrap();
        of["fee_invoice"]["supplied_from"].as_str().unwrap().to_owned()
    };
    assert_eq!(from("JPY"), today);
    assert!(from("EUR") < today);
}

/// Posts and places so many corrections of a cent.
async fn cents(db: &Database, reseller: ResellerId, many: usize) {
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let given = |_| {
        let (adjustment, amount) = (AdjustmentId::new(), decimal("0.01"));
        let given = Adjustment { adjustment, order: None, currency: eur(), amount, reason: Reason::Goodwill };
        given.journal(Pot::Available).unwrap()
    };
    accounting::post_all(&mut tx, &(0..many).map(given).collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
    seal_tenant(db.cell(), reseller).await.unwrap();
}

#[tokio::test]
async fn the_open_period_is_told_from_what_is_kept_and_the_rows_since() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let open = async || {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        let told = open_periods(&mut tx, "eu").await.unwrap().remove(0);
        serde_json::to_value(told).unwrap()
    };
    let kept = async || -> i64 {
        let up_to = "select coalesce(max(last_position), 0) from open_periods where reseller_id = $1";
        sqlx::query_scalar(up_to).bind(reseller).fetch_one(&mut db.as_owner().await).await.unwrap()
    };
    // What is kept makes no difference to what is told.
    let as_read = async || {
        let told = open().await;
        let mut owner = db.as_owner().await;
        let aside = "update open_periods set after_position = -1 - after_position where reseller_id = $1";
        sqlx::query(aside).bind(reseller).execute(&mut owner).await.unwrap();
        let mut read = open().await;
        sqlx::query(aside).bind(reseller).execute(&mut owner).await.unwrap();
        // By hand it would end at the time of asking.
        read["ends_at"].clone_from(&told["ends_at"]);
        assert_eq!(told, read);
        told
    };
    let one = sell(&db, reseller).await;
    cents(&db, reseller, 9).await;
    assert_eq!((kept().await, as_read().await["rows"].clone()), (0, json!(11)), "ten places are read quickly");
    cents(&db, reseller, 290).await;
    assert_eq!(kept().await, 300);
    let told_first = as_read().await;
    assert_eq!((&told_first["rows"], &told_first["totals"]["gross"]["amount"]), (&json!(301), &json!("100.00")));
    // Some that is not counted yet, and then it is.
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    shop::accept(&mut tx, &shop::refund_of(&one, &one.items[..1], true)).await;
    tx.commit().await.unwrap();
    sell(&db, reseller).await;
    seal_tenant(db.cell(), reseller).await.unwrap();
    assert_eq!((kept().await, as_read().await["totals"]["refund"]["amount"].clone()), (300, json!("50.00")));
    cents(&db, reseller, 600).await;
    assert_eq!(kept().await, 902);
    let whole = as_read().await;
    // It is what is kept that is told, and `verify` reads the rows.
    assert_eq!(broken(&db, reseller).await, [""; 0]);
    let more = "update open_periods set kept = jsonb_set(kept, '{totals,gross}', '\"1000.00\"') where reseller_id = $1";
    sqlx::query(more).bind(reseller).execute(&mut db.as_owner().await).await.unwrap();
    assert_eq!(open().await["totals"]["gross"]["amount"], "1000.00");
    assert_eq!(broken(&db, reseller).await, ["what is kept of each open period is what its rows come to"]);
    // What kind of row it is of counts as well as what all of them come to.
    let less =
        "update open_periods set kept = jsonb_set(jsonb_set(kept, '{totals,gross}', $2), '{by_category,sale,0}', '7')
                where reseller_id = $1";
    let gross = whole["totals"]["gross"]["amount"].clone();
    sqlx::query(less).bind(reseller).bind(gross).execute(&mut db.as_owner().await).await.unwrap();
    assert_eq!(broken(&db, reseller).await, ["what is kept of each open period is what its rows come to"]);
    // What is kept is of no other period, and none is closed by it.
    let closed = told(&close(&db, reseller).await[0]);
    assert_eq!(closed["totals"]["gross"]["amount"], "200.00");
    assert_eq!(open().await["totals"]["gross"]["amount"], "0.00");
    sell(&db, reseller).await;
    cents(&db, reseller, 300).await;
    assert_eq!(kept().await, 1203);
    let next = as_read().await;
    let begins = (&next["totals"]["gross"]["amount"], &next["opening_balance"]);
    assert_eq!(begins, (&json!("100.00"), &closed["closing_balance"]));
    assert_eq!(broken(&db, reseller).await, [""; 0]);
}

/// What is kept only saves reading: what an older or newer program has written, or nobody can read, is as if nothing were kept.
#[tokio::test]
async fn what_is_kept_and_cannot_be_read_is_made_anew() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    sell(&db, reseller).await;
    cents(&db, reseller, 700).await;
    let kept = "select last_position, kept from open_periods where reseller_id = $1 and after_position >= 0";
    let kept = async || -> Option<(i64, Value)> {
        sqlx::query_as(kept).bind(reseller).fetch_optional(&mut db.as_owner().await).await.unwrap()
    };
    let (_, whole) = kept().await.unwrap();
    for harm in [
        "update open_periods set format = format + 1, kept = jsonb_set(kept, '{totals,gross}', '\"7.00\"') where reseller_id = $1",
        "update open_periods set kept = kept - 'totals' where reseller_id = $1",
        "update open_periods set kept = '7' where reseller_id = $1",
        "update open_periods set kept = kept || '{\"new\": 1}' where reseller_id = $1",
    ] {
        sqlx::query(harm).bind(reseller).execute(&mut db.as_owner().await).await.unwrap();
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        let told = serde_json::to_value(&open_periods(&mut tx, "eu").await.unwrap()[0]).unwrap();
        assert_eq!(told["totals"]["gross"]["amount"], "100.00", "{harm}");
        tx.commit().await.unwrap();
        // With what comes next it is kept again, from the first row on.
        cents(&db, reseller, 300).await;
        let (last, made) = kept().await.unwrap();
        assert_eq!(last, told["last_position"].as_i64().unwrap() + 300, "{harm}");
        assert_eq!(made["totals"]["gross"], whole["totals"]["gross"], "{harm}");
        assert_eq!(broken(&db, reseller).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_currency_that_is_new_is_kept_like_the_others() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    sell(&db, reseller).await;
    cents(&db, reseller, 300).await;
    let count = async || -> i64 {
        let of = "select count(*) from open_periods where reseller_id = $1";
        sqlx::query_scalar(of).bind(reseller).fetch_one(&mut db.as_owner().await).await.unwrap()
    };
    assert_eq!(count().await, 1);
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let currency = "JPY".parse().unwrap();
    let (adjustment, amount) = (AdjustmentId::new(), decimal("5"));
    let given = Adjustment { adjustment, order: None, currency, amount, reason: Reason::Goodwill };
    post(&mut tx, &given.journal(Pot::Available).unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    seal_tenant(db.cell(), reseller).await.unwrap();
    assert_eq!(count().await, 2, "three hundred places have none of it");
}

#[tokio::test]
async fn a_settlement_lists_its_payouts_with_what_the_bank_calls_them() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let payout = Payout { payout: PayoutId::new(), currency: eur(), amount: decimal("60.00") };
    let adjustment = AdjustmentId::new();
    let given =
        Adjustment { adjustment, order: None, currency: eur(), amount: decimal("100.00"), reason: Reason::Goodwill };
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    post(&mut tx, &given.journal(Pot::Available).unwrap()).await.unwrap();
    post(&mut tx, &payout.created().unwrap()).await.unwrap();
    sqlx::query(
        "insert into payouts (reseller_id, payout_id, amount, currency, by_schedule, provider_account, due_at, created_at)
         values ($1, $2, 60, 'EUR', false, 'acct_1', now(), now())",
    )
    .bind(reseller)
    .bind(payout.payout)
    .execute(tx.conn())
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let listed = |state: &str, reference: Value| {
        let amount = json!({ "amount": "60.00", "currency": "EUR" });
        json!([{ "id": payout.payout, "amount": amount, "state": state, "bank_reference": reference }])
    };
    assert_eq!(told(&close(&db, reseller).await[0])["payouts"], listed("created", Value::Null));

    let mut tx = db.cell().tenant(reseller).await.unwrap();
    sqlx::query(
        "update payouts set state = 'paid', provider_transfer = 'tr_1', transfer_transaction = 'txn_1', provider_payout = 'po_1',
                            paid_at = now()
         where reseller_id = $1",
    )
    .bind(reseller)
    .execute(tx.conn())
    .await
    .unwrap();
    post(&mut tx, &settled("txn_1", eur(), decimal("60.00"), decimal("0")).unwrap()).await.unwrap();
    post(&mut tx, &payout.paid().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    sell(&db, reseller).await;
    let second = told(&close(&db, reseller).await[0]);
    assert_eq!(second["payouts"], listed("paid", json!("po_1")));
    sell(&db, reseller).await;
    assert_eq!(told(&close(&db, reseller).await[0])["payouts"], json!([]), "nothing became of it in this one");
    let found = broken(&db, reseller).await;
    assert!(![FOLLOWS, SUMS, STRAY_PAGES, SEALED, INVOICES].iter().any(|own| found.contains(own)), "{found:?}");
}

/// Moves the tenant's clock to this time.
async fn move_clock(db: &Database, reseller: ResellerId, to: &str) {
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let to: Instant = to.parse::<jiff::Timestamp>().unwrap().into();
    sqlx::query(
        "insert into test_clocks (reseller_id, ahead) values ($1, $2 - clock_timestamp())
         on conflict (reseller_id) do update set ahead = excluded.ahead",
    )
    .bind(reseller)
    .bind(to)
    .execute(tx.conn())
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn periods_end_on_the_resellers_schedule_by_its_clock() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    move_clock(&db, reseller, "2040-03-10T12:00:00Z").await;
    sell(&db, reseller).await;
    // From the first journal on there is a schedule.
    seal_tenant(db.cell(), reseller).await.unwrap();
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let schedule = settlement_schedule(&mut tx).await.unwrap();
    assert_eq!(
        (schedule.every, schedule.closes_at.0.unwrap().to_string().as_str()),
        (Every::Month, "2040-04-01T00:00:00Z")
    );
    let changes = ScheduleChanges { every: None, time_zone: Some("Europe/Amsterdam".to_owned()) };
    let set = set_settlement_schedule(&mut tx, &IfVersion::from(schedule.version), changes.clone()).await.unwrap();
    let again = set_settlement_schedule(&mut tx, &IfVersion::from(set.version), changes).await.unwrap();
    assert_eq!(again, set, "what changes nothing is not written");
    tx.commit().await.unwrap();
    assert_eq!(close_due(db.cell()).await.unwrap(), 0);
    move_clock(&db, reseller, "2040-03-31T21:59:00Z").await;
    assert_eq!(close_due(db.cell()).await.unwrap(), 0);
    // April has begun in Amsterdam, and something is sold in it before anybody has looked.
    move_clock(&db, reseller, "2040-04-02T12:00:00Z").await;
    sell(&db, reseller).await;
    assert_eq!(close_due(db.cell()).await.unwrap(), 1);
    move_clock(&db, reseller, "2040-08-01T00:00:00Z").await;
    assert_eq!(close_due(db.cell()).await.unwrap(), 1, "months without rows are not closed");
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let ends: Vec<_> =
        all(&mut tx).await.iter().map(|s| (told(s)["ends_at"].clone(), told(s)["rows"].clone())).collect();
    assert_eq!(ends, [("2040-03-31T22:00:00Z".into(), 2.into()), ("2040-04-30T22:00:00Z".into(), 2.into())]);
    let next = settlement_schedule(&mut tx).await.unwrap();
    assert_eq!(next.closes_at.0.unwrap().to_string(), "2040-08-31T22:00:00Z");
    let first = all(&mut tx).await.remove(0);
    let (jsonl, _) = text(&mut tx, &first).await;
    assert!(jsonl.contains("+01:00\""), "{jsonl}");
    drop(tx);
    assert_eq!(broken(&db, reseller).await, [""; 0]);
}

#[tokio::test]
async fn whatever_is_changed_in_a_settlement_is_found() {
    for (tampering, expected) in [
        ("update settlement_pages set csv = replace(csv, '93.22', '94.22')", SEALED),
        ("update settlement_pages set jsonl = replace(jsonl, '93.22', '94.22')", SEALED),
        ("update settlements set document = replace(document, '93.22', '94.22') where number = 1", SEALED),
        ("update settlements set row_count = row_count + 1 where number = 1", SEALED),
        ("delete from settlement_pages", SEALED),
        ("delete from settlements where number = 2", STRAY_PAGES),
        ("delete from settlements where number = 1", FOLLOWS),
        (
            "update settlements set first_position = first_position + 1, last_position = last_position + 1 where number = 2",
            FOLLOWS,
        ),
        ("update settlements set opening = 1, closing = closing + 1 where number = 1", FOLLOWS),
        ("update settlements set document_digest = sha256('') where number = 1", FOLLOWS),
        ("update settlements set begins_at = begins_at - interval '1 second' where number = 2", FOLLOWS),
        ("update settlements set closing = closing + 1 where number = 2", SUMS),
        ("update settlements set fee_invoice_number = 3 where number = 2", INVOICES),
        ("update settlements set credit_note_number = 2 where number = 2", INVOICES),
        (
            "update settlements set document = replace(document, '\"total\":{\"amount\":\"6.78\"', '\"total\":{\"amount\":\"6.79\"') where number = 2",
            INVOICES,
        ),
    ] {
        let db = Database::create().await;
        let reseller = db.reseller().await;
        for _ in 0..2 {
            sell(&db, reseller).await;
            assert_eq!(close(&db, reseller).await.len(), 1);
        }
        assert_eq!(broken(&db, reseller).await, [""; 0]);
        let mut owner = db.as_owner().await;
        assert!(sqlx::query(tampering).execute(&mut owner).await.is_err() || tampering.is_empty(), "nor may the owner");
        for sql in ["alter table settlements disable trigger all", "alter table settlement_pages disable trigger all"] {
            sqlx::query(sql).execute(&mut owner).await.unwrap();
        }
        let set = format!("set app.tenant = '{}'", reseller.uuid());
        sqlx::query(sqlx::AssertSqlSafe(set)).execute(&mut owner).await.unwrap();
        let changed = sqlx::query(tampering).execute(&mut owner).await.unwrap().rows_affected();
        assert!(changed > 0, "{tampering}");
        let found = broken(&db, reseller).await;
        assert!(found.contains(&expected), "{tampering}: {found:?}");
    }
}

//! Connected accounts: how they come to be, what they are given, and what they pay out.

use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::world::{Answer, DELAY, World, account, config, text};

const CUSTOM: &[(&str, &str)] = &[
    ("type", "custom"),
    ("country", "DE"),
    ("email", "venue@example.com"),
    ("capabilities[card_payments][requested]", "true"),
    ("capabilities[transfers][requested]", "true"),
    ("business_type", "individual"),
    ("business_profile[url]", "https://venue.example"),
    ("individual[first_name]", "Ada"),
    ("individual[last_name]", "Lovelace"),
    ("individual[email]", "ada@example.com"),
    ("individual[dob][day]", "1"),
    ("individual[dob][month]", "2"),
    ("individual[dob][year]", "1990"),
    ("tos_acceptance[date]", "1790000000"),
    ("tos_acceptance[ip]", "127.0.0.1"),
    ("settings[payouts][schedule][interval]", "manual"),
    ("metadata[venue]", "v1"),
];

fn bank(number: &str) -> [(&'static str, &str); 4] {
    [
        ("external_account[object]", "bank_account"),
        ("external_account[country]", "DE"),
        ("external_account[currency]", "eur"),
        ("external_account[account_number]", number),
    ]
}

/// An account that may be given money and pay it out.
async fn complete(world: &World, number: &str) -> Value {
    let form: Vec<_> = CUSTOM.iter().copied().chain(bank(number)).collect();
    world.post("/v1/accounts", &form).await.ok()
}

async fn as_account(world: &World, method: Method, path: &str, account: &Value, form: &[(&str, &str)]) -> Answer {
    let request = world.request(method.clone(), path).bearer_auth("sk_test_eu");
    let request = request.header("stripe-account", text(account, "id"));
    world.send(if method == Method::POST { request.form(form) } else { request }).await
}

async fn balance(world: &World, account: Option<&Value>) -> (i64, i64) {
    let balance = match account {
        None => world.get("/v1/balance").await.ok(),
        Some(account) => as_account(world, Method::GET, "/v1/balance", account, &[]).await.ok(),
    };
    (balance["available"][0]["amount"].as_i64().unwrap(), balance["pending"][0]["amount"].as_i64().unwrap())
}

/// EUR 100.00 less the fee, available at once.
async fn fund(world: &World) {
    world.paid("pm_card_bypassPending").await;
    world.advance(DELAY + 1).await;
}

async fn transfer(world: &World, account: &Value, amount: &str) -> Answer {
    let form = [("amount", amount), ("currency", "eur"), ("destination", text(account, "id"))];
    world.post("/v1/transfers", &form).await
}

#[tokio::test]
async fn an_account_tells_what_is_missing_until_nothing_is() {
    let mut receiver = Receiver::start().await;
    let world = World::with(config(vec![account("eu", Some(receiver.url.clone()))], None)).await;
    let mut connect = Receiver::start().await;
    let mut own = Receiver::start().await;
    for (url, is_connect) in [(&connect.url, "true"), (&own.url, "false")] {
        let form = [("url", url.as_str()), ("enabled_events[]", "*"), ("connect", is_connect)];
        world.post("/v1/webhook_endpoints", &form).await.ok();
    }
    let made = world.post("/v1/accounts", CUSTOM).await.ok();
    assert_eq!(
        (&made["type"], &made["default_currency"], &made["metadata"]),
        (&json!("custom"), &json!("eur"), &json!({"venue": "v1"}))
    );
    assert_eq!(made["requirements"]["currently_due"], json!(["external_account"]));
    assert_eq!((&made["charges_enabled"], &made["payouts_enabled"]), (&json!(false), &json!(false)));
    assert_eq!(made["capabilities"], json!({"card_payments": "inactive", "transfers": "inactive"}));
    let path = format!("/v1/accounts/{}", text(&made, "id"));
    let wrong = world.post(&path, &bank("DE02120300000000202051")).await.error(400);
    assert_eq!(wrong["code"], "account_number_invalid");
    let ready = world.post(&path, &bank("DE89370400440532013000")).await.ok();
    assert_eq!((&ready["charges_enabled"], &ready["payouts_enabled"]), (&json!(true), &json!(true)));
    assert_eq!((&ready["details_submitted"], &ready["capabilities"]["transfers"]), (&json!(true), &json!("active")));
    assert_eq!(ready["external_accounts"]["data"][0]["last4"], "3000");
    assert_eq!(
        (&ready["individual"]["dob"]["year"], &ready["individual"]["first_name"]),
        (&json!(1990), &json!("Ada"))
    );

    let event = connect.next().await.json();
    assert_eq!((&event["type"], &event["account"]), (&json!("account.updated"), &made["id"]));
    assert_eq!(event["data"]["previous_attributes"]["charges_enabled"], false);
    assert_eq!(event["pending_webhooks"], 2, "the configured receiver and the endpoint for connected accounts");
    assert_eq!(receiver.next().await.json(), event);
    world.intent().await;
    assert_eq!(own.next().await.kind(), "payment_intent.created", "nothing of the connected account's");

    let capability = world.get(&format!("{path}/capabilities/transfers")).await.ok();
    assert_eq!((&capability["status"], &capability["requested"]), (&json!("active"), &json!(true)));
    let less = [("requested", "false")];
    assert_eq!(world.post(&format!("{path}/capabilities/card_payments"), &less).await.ok()["status"], "inactive");
    assert_eq!(world.get(&path).await.ok()["charges_enabled"], false);
    assert_eq!(world.get("/v1/accounts").await.ok()["data"].as_array().unwrap().len(), 1);
    let own = as_account(&world, Method::GET, "/v1/account", &made, &[]).await.ok();
    assert_eq!(own["id"], made["id"]);
    assert!(text(&world.get("/v1/account").await.ok(), "id").starts_with("acct_"));
    world.send(world.request(Method::DELETE, &path).bearer_auth("sk_test_eu")).await.ok();
    world.get(&path).await.error(404);
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused() {
    let world = World::new().await;
    let post = async |form: &[(&str, &str)]| world.post("/v1/accounts", form).await.error(400);
    assert_eq!(post(&[("type", "royal")]).await["param"], "type");
    assert_eq!(post(&[("type", "express"), ("controller[fees][payer]", "account")]).await["param"], "type");
    assert_eq!(post(&[("country", "Germany")]).await["code"], "country_unsupported");
    assert_eq!(
        post(&[("capabilities[transfers][requested]", "maybe")]).await["param"],
        "capabilities[transfers][requested]"
    );
    assert_eq!(post(&[("colour", "red")]).await["param"], "colour");
    let controlled =
        [("controller[stripe_dashboard][type]", "none"), ("controller[requirement_collection]", "application")];
    let made = world.post("/v1/accounts", &controlled).await.ok();
    assert_eq!((&made["type"], &made["controller"]["stripe_dashboard"]["type"]), (&json!("none"), &json!("none")));
    let missing = json!({"id": "acct_none"});
    let error = as_account(&world, Method::GET, "/v1/balance", &missing, &[]).await.error(403);
    assert_eq!(error["code"], "account_invalid");
    as_account(&world, Method::GET, "/v1/transfers", &made, &[]).await.error(400);
}

#[tokio::test]
async fn bank_accounts_come_and_go_but_the_default_stays() {
    let world = World::new().await;
    let made = complete(&world, "DE89370400440532013000").await;
    let path = format!("/v1/accounts/{}/external_accounts", text(&made, "id"));
    let first = world.get(&path).await.ok()["data"][0].clone();
    assert_eq!((&first["default_for_currency"], &first["account"]), (&json!(true), &made["id"]));
    let second = world.post(&path, &bank("DE62370400440532013001")).await.ok();
    assert_eq!(second["default_for_currency"], false);
    let delete = async |id: &Value| {
        let path = format!("{path}/{}", id.as_str().unwrap());
        world.send(world.request(Method::DELETE, &path).bearer_auth("sk_test_eu")).await
    };
    delete(&first["id"]).await.error(400);
    let form = [("default_for_currency", "true"), ("metadata[a]", "b")];
    let changed = world.post(&format!("{path}/{}", text(&second, "id")), &form).await.ok();
    assert_eq!((&changed["default_for_currency"], &changed["metadata"]), (&json!(true), &json!({"a": "b"})));
    assert_eq!(delete(&first["id"]).await.ok()["deleted"], true);
    assert_eq!(world.get(&path).await.ok()["data"], json!([changed]));
    delete(&second["id"]).await.ok();
    let after = world.get(&format!("/v1/accounts/{}", text(&made, "id"))).await.ok();
    assert_eq!(after["requirements"]["currently_due"], json!(["external_account"]));
}

#[tokio::test]
async fn money_is_given_taken_back_and_never_more_than_there_is() {
    let world = World::new().await;
    let made = complete(&world, "DE89370400440532013000").await;
    assert_eq!(transfer(&world, &made, "1").await.error(400)["code"], "balance_insufficient");
    fund(&world).await;
    assert_eq!(balance(&world, None).await, (9825, 0));
    let given = transfer(&world, &made, "6000").await.ok();
    assert_eq!((balance(&world, None).await.0, balance(&world, Some(&made)).await.0), (3825, 6000));
    assert_eq!(transfer(&world, &made, "3826").await.error(400)["code"], "balance_insufficient");
    let path = format!("/v1/transfers/{}", text(&given, "id"));
    let part = world.post(&format!("{path}/reversals"), &[("amount", "1000"), ("metadata[why]", "w")]).await.ok();
    assert_eq!((&part["object"], &part["metadata"]), (&json!("transfer_reversal"), &json!({"why": "w"})));
    assert_eq!((balance(&world, None).await.0, balance(&world, Some(&made)).await.0), (4825, 5000));
    let error = world.post(&format!("{path}/reversals"), &[("amount", "5001")]).await.error(400);
    assert_eq!(error["param"], "amount");
    let out = [("amount", "4000"), ("currency", "eur")];
    as_account(&world, Method::POST, "/v1/payouts", &made, &out).await.ok();
    let error = world.post(&format!("{path}/reversals"), &[]).await.error(400);
    assert_eq!(error["code"], "balance_insufficient", "the account has paid it out already");
    world.post(&format!("{path}/reversals"), &[("amount", "1000")]).await.ok();
    let shown = world.get(&path).await.ok();
    assert_eq!((&shown["amount_reversed"], &shown["reversed"]), (&json!(2000), &json!(false)));
    assert_eq!(shown["reversals"]["data"].as_array().unwrap().len(), 2);
    let list = world.get(&format!("{path}/reversals?limit=1")).await.ok();
    assert_eq!((list["data"].as_array().unwrap().len(), &list["has_more"]), (1, &json!(true)));
    let renamed = world.post(&path, &[("description", "June"), ("metadata[m]", "6")]).await.ok();
    assert_eq!((&renamed["description"], &renamed["metadata"]), (&json!("June"), &json!({"m": "6"})));
    assert_eq!(world.get("/v1/transfers?transfer_group=none").await.ok()["data"], json!([]));
    world
        .post(&format!("/v1/accounts/{}", text(&made, "id")), &[("capabilities[transfers][requested]", "false")])
        .await
        .ok();
    assert_eq!(transfer(&world, &made, "1").await.error(400)["code"], "insufficient_capabilities_for_transfer");
    assert_eq!(transfer(&world, &json!({"id": "acct_none"}), "1").await.error(404)["param"], "destination");
    let close = world.request(Method::DELETE, &format!("/v1/accounts/{}", text(&made, "id")));
    world.send(close.bearer_auth("sk_test_eu")).await.ok();
}

#[tokio::test]
async fn a_charge_is_shared_out_before_its_money_is_there_and_not_twice() {
    let world = World::new().await;
    let made = complete(&world, "DE89370400440532013000").await;
    let paid = world.paid("pm_card_visa").await;
    let share = async |amount: &str| {
        let form = [
            ("amount", amount),
            ("currency", "eur"),
            ("destination", text(&made, "id")),
            ("source_transaction", text(&paid, "latest_charge")),
        ];
        world.post("/v1/transfers", &form).await
    };
    let given = share("7000").await.ok();
    assert_eq!(given["transfer_group"], format!("group_{}", text(&paid, "id")));
    share("3001").await.error(400);
    share("3000").await.ok();
    assert_eq!(balance(&world, Some(&made)).await, (0, 10_000), "as pending as the charge");
    world.advance(DELAY + 3 * 86_400).await;
    assert_eq!((balance(&world, Some(&made)).await, balance(&world, None).await), ((10_000, 0), (-175, 0)));
}

#[tokio::test]
async fn a_payout_arrives_comes_back_or_is_stopped() {
    let mut receiver = Receiver::start().await;
    let world = World::with(config(vec![account("eu", Some(receiver.url.clone()))], None)).await;
    fund(&world).await;
    receiver.kinds(4).await;
    let good = complete(&world, "DE89370400440532013000").await;
    let closed = complete(&world, "DE89370400440532013002").await;
    for account in [&good, &closed] {
        transfer(&world, account, "2000").await.ok();
    }
    receiver.kinds(2).await;
    let out = [("amount", "1500"), ("currency", "eur"), ("metadata[run]", "7")];
    for (account, status, event, left) in
        [(&good, "paid", "payout.paid", 500), (&closed, "failed", "payout.failed", 2000)]
    {
        let payout = as_account(&world, Method::POST, "/v1/payouts", account, &out).await.ok();
        assert_eq!((&payout["status"], balance(&world, Some(account)).await.0), (&json!("pending"), 500));
        let path = format!("/v1/payouts/{}", text(&payout, "id"));
        world.advance(DELAY + 1).await;
        let cancel = format!("{path}/cancel");
        as_account(&world, Method::POST, &cancel, account, &[]).await.error(400);
        world.advance(DELAY + 1).await;
        let ended = as_account(&world, Method::GET, &path, account, &[]).await.ok();
        assert_eq!((&ended["status"], balance(&world, Some(account)).await.0), (&json!(status), left));
        for wanted in ["payout.created", "payout.updated", event] {
            let told = receiver.next().await.json();
            assert_eq!((&told["type"], &told["account"]), (&json!(wanted), &account["id"]));
        }
        world.get(&path).await.error(404);
    }
    let list = as_account(&world, Method::GET, "/v1/payouts?status=failed", &closed, &[]).await.ok();
    assert_eq!(
        (&list["data"][0]["failure_code"], &list["data"][0]["metadata"]),
        (&json!("account_closed"), &json!({"run": "7"}))
    );
    let stopped = as_account(&world, Method::POST, "/v1/payouts", &closed, &out).await.ok();
    let cancel = format!("/v1/payouts/{}/cancel", text(&stopped, "id"));
    assert_eq!(as_account(&world, Method::POST, &cancel, &closed, &[]).await.ok()["status"], "canceled");
    assert_eq!(balance(&world, Some(&closed)).await.0, 2000);
    assert_eq!(receiver.kinds(2).await, ["payout.created", "payout.canceled"]);
    let dollars = [("amount", "1"), ("currency", "usd")];
    as_account(&world, Method::POST, "/v1/payouts", &good, &dollars).await.error(400);
    let much = [("amount", "501"), ("currency", "eur")];
    let error = as_account(&world, Method::POST, "/v1/payouts", &good, &much).await.error(400);
    assert_eq!(error["code"], "balance_insufficient");

    let what = json!({"what": "payout", "amount": 500, "currency": "eur", "account": good["id"]});
    let by_hand = world.trigger(what).await.ok();
    let what = |what: &str| json!({"what": what, "payout": by_hand["id"], "account": good["id"]});
    assert_eq!(world.trigger(what("payout_paid")).await.ok()["status"], "paid");
    world.trigger(what("payout_paid")).await.error(400);
    assert_eq!(world.trigger(what("payout_failed")).await.ok()["failure_code"], "could_not_process");
    assert_eq!(receiver.kinds(3).await, ["payout.created", "payout.paid", "payout.failed"]);
    assert_eq!(world.post("/v1/payouts", &[("amount", "100"), ("currency", "eur")]).await.ok()["status"], "pending");
}

#[tokio::test]
async fn a_connected_account_is_paid_directly_and_apart_from_all_others() {
    let world = World::new().await;
    let made = complete(&world, "DE89370400440532013000").await;
    let other = complete(&world, "DE89370400440532013000").await;
    let form = [("amount", "5000"), ("currency", "eur"), ("confirm", "true"), ("payment_method", "pm_card_visa")];
    let keyed = async |account: Option<&Value>| {
        let request = world.request(Method::POST, "/v1/payment_intents").bearer_auth("sk_test_eu").form(&form);
        let request = request.header("idempotency-key", "same");
        world
            .send(match account {
                None => request,
                Some(account) => request.header("stripe-account", text(account, "id")),
            })
            .await
    };
    let direct = keyed(Some(&made)).await.ok();
    assert_ne!(
        (keyed(Some(&other)).await.ok()["id"].clone(), keyed(None).await.ok()["id"].clone()),
        (direct["id"].clone(), direct["id"].clone())
    );
    assert_eq!(keyed(Some(&made)).await.headers["idempotent-replayed"], "true");
    let path = format!("/v1/payment_intents/{}", text(&direct, "id"));
    world.get(&path).await.error(404);
    as_account(&world, Method::GET, &path, &other, &[]).await.error(404);
    as_account(&world, Method::GET, &path, &made, &[]).await.ok();
    assert_eq!(world.advance(DELAY + 1).await["done"], 3);
    assert_eq!(balance(&world, Some(&made)).await, (0, 4900));
    let events = as_account(&world, Method::GET, "/v1/events", &made, &[]).await.ok();
    assert!(events["data"].as_array().unwrap().iter().all(|event| event["account"] == made["id"]));
}

#[tokio::test]
async fn a_business_fills_in_the_form_once() {
    let world = World::new().await;
    let form = [("type", "express"), ("country", "DE"), ("capabilities[transfers][requested]", "true")];
    let made = world.post("/v1/accounts", &form).await.ok();
    let link = async || {
        let form = [
            ("account", text(&made, "id")),
            ("type", "account_onboarding"),
            ("refresh_url", "https://shop.example/refresh"),
            ("return_url", "https://shop.example/return"),
        ];
        let url = text(&world.post("/v1/account_links", &form).await.ok(), "url").to_owned();
        url.strip_prefix(&world.base).unwrap().to_owned()
    };
    let path = link().await;
    let page = world.send(world.request(Method::GET, &path)).await;
    assert!(page.status.is_success() && page.text.contains("DE89 3704"), "{}", page.text);
    let filled = |bank: &'static str| {
        let form = [
            ("business_type", "individual"),
            ("first_name", "<Ada>"),
            ("last_name", "Lovelace"),
            ("birthday", "1990-02-01"),
            ("email", "ada@example.com"),
            ("website", "venue.example"),
            ("bank_account", bank),
        ];
        world.request(Method::POST, &path).form(&form)
    };
    let wrong = world.send(filled("DE02120300000000202051")).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("test bank account") && wrong.text.contains("&lt;Ada&gt;"), "{}", wrong.text);
    let done = world.send(filled("DE89 3704 0044 0532 0130 00")).await;
    assert!(done.status.is_success() && done.text.contains("https://shop.example/return"), "{}", done.text);
    let account = world.get(&format!("/v1/accounts/{}", text(&made, "id"))).await.ok();
    assert_eq!((&account["details_submitted"], &account["payouts_enabled"]), (&json!(true), &json!(true)));
    assert_eq!(account["requirements"]["currently_due"], json!([]));
    assert_eq!(world.send(filled("DE89370400440532013000")).await.status, 410);
    let again = world.send(world.request(Method::GET, &path)).await;
    assert_eq!(again.headers["location"], "https://shop.example/refresh");
    let old = link().await;
    world.advance(301).await;
    assert_eq!(world.send(world.request(Method::GET, &old)).await.headers["location"], "https://shop.example/refresh");
    assert_eq!(world.send(world.request(Method::GET, "/setup/setup_none")).await.status, 404);
}

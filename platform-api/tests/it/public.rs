//! What anyone may read without a key: what is public, and of that what is anyone's business.

use serde_json::{Value, json};

use crate::{
    app::{Reseller, TestApp},
    client::send,
    theatre::{self, Theatre, id, show_body},
};

fn fields(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn nobodys_lists_are_missing_not_empty() {
    let app = TestApp::start().await;
    let base = format!("/v1/public/eu/{}", foundation::id::ResellerId::new());
    for list in ["shows", "performances", "venues"] {
        app.anyone().get(&format!("{base}/{list}")).await.refused(404, "not_found");
    }
    app.verify(&[]).await;
}

#[tokio::test]
async fn what_is_hidden_or_a_draft_is_as_if_it_were_not_there() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let base = format!("/v1/public/eu/{}", reseller.id);
    let mut secret = Vec::new();
    for (field, value) in [("visibility", "hidden"), ("state", "draft")] {
        let mut body = show_body(&theatre.venue);
        body[field] = value.into();
        let show = client.post("/v1/shows", body).await.ok(201);
        secret.push((id(&show), id(&show["performances"][0])));
    }
    let anyone = app.anyone();
    let secret_venue = id(&client.post("/v1/venues", theatre::venue_body()).await.ok(201));
    let mut planned = show_body(&secret_venue);
    planned["state"] = "draft".into();
    client.post("/v1/shows", planned).await.ok(201);
    anyone.get(&format!("{base}/venues/{secret_venue}")).await.refused(404, "not_found");
    for (list, only) in [("venues", &theatre.venue), ("performances", &theatre.performance)] {
        let page = anyone.get(&format!("{base}/{list}")).await.ok(200);
        assert_eq!(page["data"].as_array().unwrap().iter().map(id).collect::<Vec<_>>(), std::slice::from_ref(only));
    }
    let page = anyone.get(&format!("{base}/shows")).await.ok(200);
    let listed: Vec<String> = page["data"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(listed, std::slice::from_ref(&theatre.show));
    let missing = anyone.get(&format!("{base}/shows/show_{:032x}", 1)).await;
    for (show, performance) in &secret {
        let answer = anyone.get(&format!("{base}/shows/{show}")).await;
        answer.refused(404, "not_found");
        assert_eq!(answer.without_request_id(), missing.without_request_id());
        let hidden = anyone.get(&format!("{base}/performances/{performance}/availability")).await;
        let missing = anyone.get(&format!("{base}/performances/perf_{:032x}/availability", 1)).await;
        hidden.refused(404, "not_found");
        anyone.get(&format!("{base}/performances/{performance}/prices")).await.refused(404, "not_found");
        assert_eq!(hidden.without_request_id(), missing.without_request_id());
    }
    the_same_for_a_publishable_key(&reseller, &theatre, &secret).await;
    // Hiding it takes effect at once.
    let etag = client.get(&format!("/v1/shows/{}", theatre.show)).await.etag().to_owned();
    client.patch(&format!("/v1/shows/{}", theatre.show), &etag, json!({ "visibility": "hidden" })).await.ok(200);
    anyone.get(&format!("{base}/shows/{}", theatre.show)).await.refused(404, "not_found");
    app.verify(&[&reseller]).await;
}

/// A publishable key is in every browser: it sees what anyone may.
async fn the_same_for_a_publishable_key(reseller: &Reseller, theatre: &Theatre, secret: &[(String, String)]) {
    let browser = &reseller.publishable;
    let page = browser.get("/v1/shows").await.ok(200);
    assert_eq!(
        page["data"].as_array().unwrap().iter().map(id).collect::<Vec<_>>(),
        std::slice::from_ref(&theatre.show)
    );
    let page = browser.get("/v1/performances").await.ok(200);
    assert_eq!(
        page["data"].as_array().unwrap().iter().map(id).collect::<Vec<_>>(),
        std::slice::from_ref(&theatre.performance)
    );
    for query in ["state=draft", "visibility=hidden"] {
        assert_eq!(browser.get(&format!("/v1/shows?{query}")).await.ok(200)["data"], json!([]), "{query}");
    }
    for (show, performance) in secret {
        browser.get(&format!("/v1/shows/{show}")).await.refused(404, "not_found");
        let whole = reseller.test.get(&format!("/v1/performances/{performance}")).await.ok(200);
        let offer = id(&whole["offers"][0]);
        for of in ["", "/availability", "/prices", "/tickets", &format!("/offers/{offer}")] {
            browser.get(&format!("/v1/performances/{performance}{of}")).await.refused(404, "not_found");
            reseller.test.get(&format!("/v1/performances/{performance}{of}")).await.ok(200);
        }
    }
}

#[tokio::test]
async fn only_public_fields_are_shown() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let base = format!("/v1/public/eu/{}", reseller.id);
    let anyone = app.anyone();
    let show = anyone.get(&format!("{base}/shows/{}", theatre.show)).await.ok(200);
    assert_eq!(fields(&show), ["id", "title", "description", "currency", "performances"]);
    let date = &show["performances"][0];
    let of_date = [
        "id",
        "show_id",
        "venue",
        "doors_at",
        "starts_at",
        "ends_at",
        "time_zone",
        "on_sale_at",
        "off_sale_at",
        "state",
    ];
    assert_eq!(fields(date), of_date);
    assert_eq!(fields(&date["venue"]), ["id", "name", "city", "country", "time_zone"]);
    let page = anyone.get(&format!("{base}/shows?q=haml&limit=1")).await.ok(200);
    assert_eq!(page["data"], json!([show]));
    for (query, found) in [("", 1), ("&city=AMSTERD%C3%81M", 1), ("&city=Rotterdam", 0), ("&on_sale=false", 0)] {
        for list in ["performances", "shows"] {
            let page = anyone.get(&format!("{base}/{list}?limit=5{query}")).await.ok(200);
            assert_eq!(page["data"].as_array().unwrap().len(), found, "{list}{query}");
        }
    }
    assert_eq!(anyone.get(&format!("{base}/performances")).await.ok(200)["data"], json!([date]));
    assert_eq!(anyone.get(&format!("{base}/venues")).await.ok(200)["data"], json!([date["venue"]]));
    assert_eq!(anyone.get(&format!("{base}/venues/{}", theatre.venue)).await.ok(200), date["venue"]);
    let prices = anyone.get(&format!("{base}/performances/{}/prices", theatre.performance)).await.ok(200);
    let of_price = [
        "offer_id",
        "ticket_type",
        "price_tier",
        "total",
        "face_value",
        "buyer_fee",
        "sale_round_id",
        "code",
        "detail",
    ];
    assert_eq!(fields(&prices["data"][0]), of_price);
    let path = format!("{base}/performances/{}/availability", theatre.performance);
    let first = anyone.get(&path).await;
    assert_eq!(first.ok(200)["available"], 40);
    let again = send(anyone.call("get", &path).header("if-none-match", first.etag())).await;
    assert_eq!(again.status, 304);
    theatre.hold(&reseller.test, json!([theatre.adults(1)])).await;
    let changed = send(anyone.call("get", &path).header("if-none-match", first.etag())).await;
    assert_eq!(changed.ok(200)["available"], 39);
}

#[tokio::test]
async fn a_show_turns_public_at_its_time_and_answers_as_missing_before() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let venue = id(&client.post("/v1/venues", theatre::venue_body()).await.ok(201));
    let clock = client.post("/v1/test_clock/advance", json!({ "seconds": 1 })).await.ok(200);
    let mut body = show_body(&venue);
    let now: foundation::Instant = serde_json::from_value(clock["now"].clone()).unwrap();
    body["public_from"] = json!(now.plus(std::time::Duration::from_secs(3_600)));
    let show = client.post("/v1/shows", body).await.ok(201);
    let base = format!("/v1/public/eu/{}", reseller.id);
    let (anyone, browser) = (app.anyone(), &reseller.publishable);
    let own = format!("/v1/shows/{}", id(&show));
    let availability = format!("{base}/performances/{}/availability", id(&show["performances"][0]));
    let listed = async || {
        let public = anyone.get(&format!("{base}/shows")).await.ok(200)["data"].as_array().unwrap().len();
        let in_browser = browser.get("/v1/shows").await.ok(200)["data"].as_array().unwrap().len();
        (public, in_browser)
    };
    for early in [3_500, 95] {
        anyone.get(&format!("{base}{}", &own[3..])).await.refused(404, "not_found");
        anyone.get(&availability).await.refused(404, "not_found");
        browser.get(&own).await.refused(404, "not_found");
        client.get(&own).await.ok(200);
        assert_eq!(listed().await, (0, 0));
        client.post("/v1/test_clock/advance", json!({ "seconds": early })).await.ok(200);
    }
    client.post("/v1/test_clock/advance", json!({ "seconds": 5 })).await.ok(200);
    anyone.get(&format!("{base}{}", &own[3..])).await.ok(200);
    anyone.get(&availability).await.ok(200);
    browser.get(&own).await.ok(200);
    assert_eq!(listed().await, (1, 1));
    // Nothing in the show has changed, and null takes a time away as it was set.
    let read = client.get(&own).await;
    assert_eq!(read.ok(200)["version"], 1);
    let at_once = client.patch(&own, read.etag(), json!({ "public_from": null })).await.ok(200);
    assert_eq!(at_once["public_from"], Value::Null);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn another_resellers_show_is_not_under_this_ones_address() {
    let app = TestApp::start().await;
    let (ours, theirs) = (app.reseller().await, app.reseller().await);
    let theatre = ours.theatre().await;
    let anyone = app.anyone();
    for path in [
        format!("/v1/public/eu/{}/shows/{}", theirs.id, theatre.show),
        format!("/v1/public/eu/{}/performances/{}/availability", theirs.id, theatre.performance),
        format!("/v1/public/eu/{}/shows/{}", ours.live_id, theatre.show),
    ] {
        anyone.get(&path).await.refused(404, "not_found");
    }
    assert_eq!(anyone.get(&format!("/v1/public/eu/{}/shows", theirs.id)).await.ok(200)["data"], json!([]));
    anyone.get(&format!("/v1/public/us/{}/shows", ours.id)).await.refused(421, "region_elsewhere");
}

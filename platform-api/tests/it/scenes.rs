//! For every operation of the document: objects it works on, and a body that it takes. Tests that walk the document fail at
//! an operation that has no line here.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::{
    app::{Reseller, TestApp},
    document::Operation,
    theatre::{Theatre, buyer, eur, id, layout_body, performance_body, show_body, venue_body},
};

/// One of each kind of object.
pub(crate) struct Scene {
    pub(crate) theatre: Theatre,
    /// By the name of the path's parameter.
    pub(crate) ids: HashMap<&'static str, String>,
    paid_order: String,
    failed_refund: String,
    deletable_show: String,
    deletable_performance: String,
    held_ticket: String,
    /// One that nobody has.
    free_ticket: String,
    credit_code: String,
    /// A performance that is not on sale yet.
    unopened: String,
    /// A sold-out performance with a waitlist, and its offer.
    waitlist: (String, String),
    /// A performance with a layout.
    laid_out: String,
    /// Performance, ticket and right to enter; of a second ticket somebody has entered with it.
    at_the_door: [[String; 3]; 2],
    rescheduled_order: String,
    cancelled_order: String,
    /// A performance of which nothing is held, with a sale round and a pool, and its offer.
    quiet: (String, String),
}

/// A rescheduling, and an order that it is about.
async fn rescheduled(app: &TestApp, reseller: &Reseller) -> (Value, Value) {
    let (client, moved) = (&reseller.test, reseller.theatre().await);
    let order = moved.sold(app, client, json!([moved.adults(1)])).await;
    let later = json!({ "starts_at": "2031-06-01T20:00:00", "default": "keep" });
    let plan = client.post(&format!("/v1/performances/{}/reschedule", moved.performance), later).await.ok(200);
    (plan, order)
}

/// A cancellation, and an order that it is about.
async fn cancelled(app: &TestApp, reseller: &Reseller) -> (Value, Value) {
    let (client, lost) = (&reseller.test, reseller.theatre().await);
    let order = lost.sold(app, client, json!([lost.adults(1)])).await;
    let other =
        client.post(&format!("/v1/shows/{}/performances", lost.show), performance_body(&lost.venue)).await.ok(201);
    let plan =
        json!({ "offered": ["refund", "replacement"], "default": "refund", "replacement_performance_id": id(&other) });
    let plan = client.post(&format!("/v1/performances/{}/cancel", lost.performance), plan).await.ok(200);
    (plan, order)
}

/// A settlement with an invoice, and fees of it that were given back after it.
async fn credited(app: &TestApp, reseller: &Reseller) {
    let client = &reseller.test;
    let (plan, order) = cancelled(app, reseller).await;
    app.settle().await;
    client.post("/v1/settlements", json!({})).await.ok(201);
    let path = format!("/v1/cancellations/{}/decisions", id(&plan["cancellation"]));
    client.post(&path, json!({ "order_id": id(&order), "decision": "refund" })).await.ok(200);
}

/// A performance of which everything is held, with its offer, and a party on its waitlist.
async fn waited_for(reseller: &Reseller) -> ((String, String), String) {
    let (client, full) = (&reseller.test, reseller.theatre().await);
    let list = format!("/v1/performances/{}/waitlist", full.performance);
    client.patch(&list, "*", json!({ "state": "open" })).await.ok(200);
    full.hold(client, json!([full.adults(40)])).await;
    let party = json!({ "choose": [{ "party": [{ "offer_id": full.adult, "quantity": 2 }] }], "buyer": { "email": "dan@example.com" } });
    let entry = client.post(&format!("{list}/entries"), party).await.ok(201);
    ((full.performance, full.adult), id(&entry))
}

/// A performance of the theatre's show that opens in years.
async fn quiet_later(client: &crate::client::Client, theatre: &Theatre) -> String {
    let mut later = performance_body(&theatre.venue);
    later["on_sale_at"] = json!("2031-01-01T10:00:00Z");
    id(&client.post(&format!("/v1/shows/{}/performances", theatre.show), later).await.ok(201))
}

/// A performance of which nothing is held, with its offer; and the ids of its sale round, its pool and its show's question. The show has a
/// ticket type that nothing is sold as.
async fn on_terms(
    client: &crate::client::Client,
    theatre: &Theatre,
) -> ((String, String), [(&'static str, String); 3]) {
    let dates = format!("/v1/shows/{}/performances", theatre.show);
    let added = id(&client.post(&dates, performance_body(&theatre.venue)).await.ok(201));
    let offer = id(&client.get(&format!("/v1/performances/{added}")).await.ok(200)["offers"][0]);
    let at = |what: &str| format!("/v1/performances/{added}/{what}");
    let pool = json!({ "name": "all", "capacity": 10, "offer_ids": [offer] });
    let pool = client.post(&at("pools"), pool).await.ok(201);
    let round = json!({ "name": "presale", "access": "codes", "capacity": 9, "prices": [{ "offer_id": offer, "price": eur("40.00") }] });
    let round = client.post(&at("sale_rounds"), round).await.ok(201);
    let types = format!("/v1/shows/{}/ticket_types", theatre.show);
    client.post(&types, json!({ "name": "student" })).await.ok(201);
    let question = json!({ "text": "How old are you?", "kind": "number" });
    let question = client.post(&format!("/v1/shows/{}/questions", theatre.show), question).await.ok(201);
    let ids = [("sale_round_id", id(&round)), ("pool_id", id(&pool)), ("question_id", id(&question))];
    ((added, offer), ids)
}

/// Two tickets of a paid order: performance, ticket and right to enter; with the second one somebody has entered.
async fn at_the_door(app: &TestApp, reseller: &Reseller) -> [[String; 3]; 2] {
    let theatre = reseller.theatre().await;
    let order = theatre.sold(app, &reseller.test, json!([theatre.adults(2)])).await;
    let shown = |nth: usize| {
        let item = &order["items"][nth];
        let own = |value: &Value| crate::client::text(value).to_owned();
        [own(&item["performance_id"]), own(&item["ticket_id"]), own(&item["owner"]["credential_id"])]
    };
    let [performance, ticket, credential] = shown(1);
    let body = json!({ "performance_id": performance, "credential_id": credential });
    reseller.test.post(&format!("/v1/tickets/{ticket}/check_in"), body).await.ok(200);
    [shown(0), shown(1)]
}

/// An account at the provider, money that is available, and a payout of some of it.
async fn paid_out(app: &TestApp, reseller: &Reseller) -> String {
    let back = json!({ "return_url": "https://stageleft.example/payouts" });
    reseller.test.post("/v1/payout_settings/onboarding", back).await.ok(200);
    app.give(reseller, "100.00").await;
    id(&reseller.test.post("/v1/payouts", json!({ "amount": eur("10.00") })).await.ok(201))
}

/// A key and a support case.
async fn in_the_office(client: &crate::client::Client) -> (String, String) {
    let key = json!({ "kind": "restricted", "name": "box office", "scopes": ["orders:read"] });
    let key = client.post("/v1/api_keys", key).await.ok(201);
    let case = json!({ "category": "sales", "subject": "Where is it?", "text": "It is not there." });
    (id(&key), id(&client.post("/v1/support_cases", case).await.ok(201)))
}

impl Scene {
    pub(crate) async fn set(app: &TestApp, reseller: &Reseller) -> Self {
        let client = &reseller.test;
        credited(app, reseller).await;
        let theatre = reseller.theatre().await;
        let draft = json!({ "title": "Othello", "currency": "EUR", "state": "draft", "ticket_types": ["adult"] });
        let deletable_show = id(&client.post("/v1/shows", draft).await.ok(201));
        let paid = theatre.sold(app, client, json!([theatre.adults(2)])).await;
        let refund = client.post(&format!("/v1/orders/{}/refunds", id(&paid)), json!({ "items": [1] })).await.ok(201);
        let failed_refund = id(&theatre.failed_refund(app, client, json!([theatre.adults(1)])).await);
        let disputed = theatre.disputed(app, client, json!([theatre.adults(1)])).await;
        let hold = theatre.hold(client, json!([theatre.adults(2)])).await;
        let other = theatre.hold(client, json!([theatre.adults(1)])).await;
        let order = client.post("/v1/orders", json!({ "hold_id": id(&other), "buyer": buyer() })).await.ok(201);
        let deletable_performance = reseller.theatre().await.performance;
        let (plan, rescheduled) = rescheduled(app, reseller).await;
        let (cancellation, cancelled) = cancelled(app, reseller).await;
        app.settle().await;
        let (quiet, terms) = on_terms(client, &theatre).await;
        let block = json!({ "name": "sponsors", "section": "Floor", "quantity": 1 });
        let blocks = format!("/v1/performances/{}/blocks", theatre.performance);
        let block = client.post(&blocks, block).await.ok(201);
        let theirs =
            json!({ "performance_id": quiet_later(client, &theatre).await, "buyer": { "email": "fay@example.com" } });
        let interests = format!("/v1/shows/{}/interests", theatre.show);
        let interest = client.post(&interests, theirs.clone()).await.ok(201);
        let (waitlist, entry) = waited_for(reseller).await;
        let promotion = json!({ "code": "TEN", "name": "Ten off", "percent": "10", "max_uses": 5 });
        let promotion = client.post("/v1/promotions", promotion).await.ok(201);
        let credit = client.post("/v1/credits", json!({ "amount": eur("5.00") })).await.ok(201);
        let at_the_door = at_the_door(app, reseller).await;
        let (key, case) = in_the_office(client).await;
        let endpoint =
            client.post("/v1/webhook_endpoints", json!({ "url": "https://example.com/hooks" })).await.ok(201);
        let event = app.sent_to(client, &id(&endpoint)).await;
        let laid_out = theatre.laid_out(client).await;
        let layouts = format!("/v1/venues/{}/layouts", theatre.venue);
        let layout = client.post(&layouts, layout_body("Concert")).await.ok(201);
        let closed = client.post("/v1/settlements", json!({})).await.ok(201);
        let mut ids = HashMap::from([
            ("settlement_id", id(&closed["data"][0])),
            ("region", "eu".to_owned()),
            ("reseller_id", reseller.id.to_string()),
            ("venue_id", theatre.venue.clone()),
            ("layout_id", id(&layout)),
            ("version_id", id(&layout["open"])),
            ("show_id", theatre.show.clone()),
            ("performance_id", theatre.performance.clone()),
            ("offer_id", theatre.adult.clone()),
            ("promotion_id", id(&promotion)),
            ("block_id", id(&block)),
            ("entry_id", entry),
            ("interest_id", id(&interest)),
            ("hold_id", id(&hold)),
            ("order_id", id(&order)),
            ("payment_id", id(&paid["payments"][0])),
            ("refund_id", id(&refund)),
            ("credit_id", id(&credit)),
            ("dispute_id", id(&disputed["disputes"][0])),
            ("payout_id", paid_out(app, reseller).await),
            ("api_key_id", key),
            ("endpoint_id", id(&endpoint)),
            ("rescheduling_id", id(&plan["rescheduling"])),
            ("event_id", event),
            ("case_id", case),
            ("ticket_id", at_the_door[0][1].clone()),
            ("cancellation_id", id(&cancellation["cancellation"])),
        ]);
        ids.extend(terms);
        let free = theatre.tickets(client, "available=true&limit=100").await;
        let free_ticket = id(free.last().unwrap());
        let held_ticket = hold["items"][0]["ticket_id"].as_str().unwrap().to_owned();
        Self {
            theatre,
            ids,
            paid_order: id(&paid),
            failed_refund,
            deletable_show,
            deletable_performance,
            held_ticket,
            free_ticket,
            credit_code: credit["code"].as_str().unwrap().to_owned(),
            laid_out,
            waitlist,
            unopened: crate::client::text(&theirs["performance_id"]).to_owned(),
            quiet,
            at_the_door,
            rescheduled_order: id(&rescheduled),
            cancelled_order: id(&cancelled),
        }
    }

    /// The id that the operation has at this place of its path.
    pub(crate) fn id(&self, operation: &Operation, parameter: &str) -> &str {
        match (operation.id.as_str(), parameter) {
            (
                "post_orders_order_id_refunds" | "get_orders_order_id_receipt" | "get_orders_order_id_receipt_pdf",
                "order_id",
            ) => &self.paid_order,
            (items, "order_id") if items.contains("_order_id_items_") => &self.paid_order,
            // Its first one was given back.
            (_, "no") => "2",
            ("post_refunds_refund_id_retry", "refund_id") => &self.failed_refund,
            ("post_tickets_ticket_id_undo_check_in", "ticket_id") => &self.at_the_door[1][1],
            ("delete_shows_show_id", "show_id") => &self.deletable_show,
            ("get_performances_performance_id_tickets_ticket_id", "performance_id") => &self.at_the_door[0][0],
            ("get_performances_performance_id_seat_map_svg", "performance_id") => &self.laid_out,
            ("delete_performances_performance_id", "performance_id") => &self.deletable_performance,
            (_, "performance_id") if operation.path.contains("/waitlist") => &self.waitlist.0,
            (_, "performance_id") if operation.path.contains("/sale_rounds") || operation.path.contains("/pools") => {
                &self.quiet.0
            }
            _ => self.ids.get(parameter).unwrap_or_else(|| panic!("add an object for {{{parameter}}} to scenes.rs")),
        }
    }

    /// The operation's path with this scene's ids in it.
    pub(crate) fn path(&self, operation: &Operation) -> String {
        operation
            .ids
            .iter()
            .fold(operation.path.clone(), |path, name| path.replace(&format!("{{{name}}}"), self.id(operation, name)))
    }

    /// A body that the operation takes; null where it takes none.
    pub(crate) fn body(&self, operation: &Operation) -> Value {
        match operation.id.as_str() {
            "post_regions_region_resellers" => json!({
                "name": "Other", "email": "other@example.com", "country": "NL", "currency": "EUR", "legal_name": "Other BV",
                "address": "Street 1" }),
            "post_api_keys" => json!({ "kind": "restricted", "name": "till", "scopes": ["shows:read"] }),
            "post_api_keys_api_key_id_rotate" => json!({ "overlap_seconds": 60 }),
            "post_venues" => venue_body(),
            "post_venues_venue_id_layouts" => layout_body("Gala"),
            "post_venues_venue_id_layouts_layout_id_import" => {
                json!({ "csv": "section,row,seat,x,y\nBox,A,1,0,900\nBox,A,2,50,900\n" })
            }
            "post_shows" => show_body(&self.theatre.venue),
            "post_shows_show_id_performances" => performance_body(&self.theatre.venue),
            "post_shows_show_id_ticket_types" => json!({ "name": "senior" }),
            "post_shows_show_id_interests" => {
                json!({ "performance_id": self.unopened, "buyer": { "email": "gus@example.com" } })
            }
            "post_shows_show_id_cancel" => json!({ "offered": ["refund"], "dry_run": true }),
            "post_cancellations_cancellation_id_decisions" => {
                json!({ "order_id": self.cancelled_order, "decision": "replacement" })
            }
            "post_reschedulings_rescheduling_id_decisions" => {
                json!({ "order_id": self.rescheduled_order, "decision": "keep" })
            }
            "post_shows_show_id_questions" => {
                json!({ "text": "What do you eat?", "kind": "choice", "choices": ["meat", "vegan"] })
            }
            "post_promotions" => json!({ "code": "FIVE", "name": "Five off", "amount": eur("5.00") }),
            "post_webhook_endpoints" => json!({ "url": "https://example.com/others", "event_types": ["order.paid"] }),
            "post_webhook_endpoints_endpoint_id_replay" => json!({ "only": "all" }),
            "post_webhook_endpoints_endpoint_id_rotate" => json!({ "overlap_seconds": 60 }),
            "post_support_cases" => {
                json!({ "category": "payouts", "subject": "No payout", "text": "It has not come." })
            }
            "post_support_cases_case_id_messages" => json!({ "text": "Anybody there?" }),
            "post_payouts" => json!({ "amount": eur("1.00") }),
            "post_payout_settings_onboarding" => json!({ "return_url": "https://stageleft.example/payouts" }),
            "post_test_clock_advance" => json!({ "seconds": 60 }),
            "post_api_keys_api_key_id_revoke"
            | "post_performances_performance_id_blocks_block_id_release"
            | "post_holds_hold_id_release"
            | "post_performances_performance_id_waitlist_entries_entry_id_leave"
            | "post_shows_show_id_interests_interest_id_withdraw"
            | "post_webhook_endpoints_endpoint_id_deliveries_event_id_resend"
            | "post_webhook_endpoints_endpoint_id_ping"
            | "post_venues_venue_id_layouts_layout_id_versions_version_id_publish"
            | "post_venues_venue_id_layouts_layout_id_versions_version_id_withdraw"
            | "post_orders_order_id_cancel"
            | "post_orders_order_id_payments"
            | "post_orders_order_id_reinstate"
            | "post_settlements"
            | "post_support_cases_case_id_close"
            | "post_refunds_refund_id_retry" => json!({}),
            other if other.starts_with("get_") || other.starts_with("delete_") => Value::Null,
            other if other.starts_with("patch_") => Self::body_of_a_change(operation),
            other if other.starts_with("post_performances_") => self.body_of_a_performance(operation),
            _ => self.body_of_a_sale(operation),
        }
    }

    fn body_of_a_performance(&self, operation: &Operation) -> Value {
        match operation.id.as_str() {
            "post_performances_performance_id_price_tiers" => {
                json!({ "name": "boxes", "prices": [{ "ticket_type": "adult", "price": eur("80.00") }] })
            }
            "post_performances_performance_id_offers" => {
                json!({ "price_tier": "stalls", "ticket_type": "student", "price": eur("30.00") })
            }
            "post_performances_performance_id_tickets" => {
                json!({ "tickets": [{ "section": "Balcony", "price_tier": "stalls", "places": 5 }] })
            }
            "post_performances_performance_id_tickets_delete" => json!({ "section": "Floor", "dry_run": true }),
            "post_performances_performance_id_tickets_move" => {
                json!({ "section": "Floor", "to": { "section": "Pit" }, "dry_run": true })
            }
            "post_performances_performance_id_blocks" => {
                json!({ "name": "press", "section": "Floor", "quantity": 2, "channel": "box office" })
            }
            "post_performances_performance_id_waitlist_entries" => {
                json!({ "choose": [{ "party": [{ "offer_id": self.waitlist.1, "quantity": 2 }] }], "buyer": { "email": "eve@example.com" } })
            }
            "post_performances_performance_id_extra_dates" => json!({ "starts_at": "2031-05-02T20:00:00" }),
            "post_performances_performance_id_reprice" => {
                json!({ "prices": [{ "offer_id": self.theatre.adult, "price": eur("55.00") }] })
            }
            "post_performances_performance_id_reschedule" => {
                json!({ "starts_at": "2031-06-01T20:00:00", "default": "keep", "dry_run": true })
            }
            "post_performances_performance_id_cancel" => json!({ "offered": ["refund"], "dry_run": true }),
            "post_performances_performance_id_sale_rounds" => {
                json!({ "name": "regular", "capacity": 20, "prices": [{ "offer_id": self.quiet.1, "price": eur("45.00") }] })
            }
            "post_performances_performance_id_sale_rounds_sale_round_id_guests" => json!({ "codes": ["FRIENDS-1234"] }),
            "post_performances_performance_id_pools" => {
                json!({ "name": "few", "capacity": 5, "offer_ids": [self.quiet.1] })
            }
            other => panic!("{other} needs a body"),
        }
    }

    fn body_of_a_change(operation: &Operation) -> Value {
        match operation.id.as_str() {
            "patch_performances_performance_id_waitlist" => json!({ "offer_seconds": 7200 }),
            "patch_shows_show_id_questions_question_id" => json!({ "text": "What is your age?" }),
            "patch_payout_settings" => json!({ "schedule": { "every": "weekly", "on_day": 1, "minimum": "100.00" } }),
            "patch_settlement_schedule" => json!({ "every": "week", "time_zone": "Europe/Amsterdam" }),
            "patch_reseller" => json!({ "name": "Stage Right", "mail": { "enabled": false } }),
            "patch_venues_venue_id" => json!({ "city": "Utrecht" }),
            "patch_venues_venue_id_layouts_layout_id" => json!({ "name": "Recital" }),
            "patch_shows_show_id" => json!({ "title": "Macbeth" }),
            "patch_performances_performance_id" => json!({ "state": "paused" }),
            "patch_performances_performance_id_offers_offer_id" => json!({ "tax_rate": "9" }),
            "patch_performances_performance_id_sale_rounds_sale_round_id" => json!({ "name": "friends" }),
            "patch_performances_performance_id_pools_pool_id" => json!({ "capacity": 12 }),
            "patch_promotions_promotion_id" => json!({ "max_uses": 6 }),
            "patch_performances_performance_id_buyer_limit" => json!({ "max_tickets": 4 }),
            "patch_performances_performance_id_seating" => json!({ "single_seats": "warned" }),
            "patch_shows_show_id_buyer_limit" => json!({ "max_tickets": 8, "counted_per": "show" }),
            "patch_webhook_endpoints_endpoint_id" => json!({ "state": "paused" }),
            "patch_orders_order_id" => json!({ "buyer": { "name": "Grace Hopper" } }),
            other => panic!("add a body for {other} to scenes.rs"),
        }
    }

    fn body_of_a_sale(&self, operation: &Operation) -> Value {
        let any = |quantity| json!([self.theatre.adults(quantity)]);
        match operation.id.as_str() {
            "post_holds" => json!({ "items": any(2), "buyer_reference": "b1" }),
            "post_holds_hold_id_add" => json!({ "items": any(1) }),
            "post_holds_hold_id_remove" => json!({ "ticket_ids": [self.held_ticket] }),
            "post_holds_hold_id_extend" => json!({ "expires_in_seconds": 1200 }),
            "post_disputes_dispute_id_evidence" => json!({ "uncategorized_text": "They came and saw it." }),
            "post_credits" => json!({ "amount": eur("10.00"), "reason": "sorry" }),
            "post_orders_order_id_credits" => json!({ "code": self.credit_code }),
            "post_quotes" => json!({ "items": any(2) }),
            "post_orders" => json!({ "items": any(1), "buyer": buyer(), "payment": {} }),
            "post_orders_order_id_items_no_transfer" => json!({ "name": "Grace Hopper", "email": "grace@example.com" }),
            "post_orders_order_id_items_no_rename" => json!({ "name": "Ada King" }),
            "post_orders_order_id_items_no_exchange" => json!({ "ticket_id": self.free_ticket }),
            "post_orders_order_id_items_no_void" => json!({ "place": "on_sale" }),
            "post_tickets_ticket_id_check_in" => {
                let [performance, _, credential] = &self.at_the_door[0];
                json!({ "performance_id": performance, "credential_id": credential, "gate": "North" })
            }
            "post_tickets_ticket_id_undo_check_in" => json!({ "performance_id": self.at_the_door[1][0] }),
            "post_orders_complimentary" => json!({ "items": any(1), "guests": ["Ada Lovelace"] }),
            "post_orders_order_id_refunds" => json!({ "reason": "ill" }),
            other => panic!("add a body for {other} to scenes.rs"),
        }
    }
}

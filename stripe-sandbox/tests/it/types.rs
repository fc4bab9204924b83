//! Stripe's own typed client reads every object.

use miniserde::json::from_str;
use stripe_shared::{
    Account, ApiErrors, BalanceTransaction, Charge, CheckoutSession, CheckoutSessionItem, Customer, Dispute,
    DisputeStatus, Event, PaymentIntent, PaymentIntentStatus, PaymentMethod, Payout, Refund, Transfer,
    TransferReversal,
};
use stripe_types::{Expandable, List, SearchList};

use crate::world::{DELAY, World, text};

#[tokio::test]
async fn every_object_is_read_by_the_typed_client() {
    let world = World::new().await;
    world
        .post(
            "/v1/payment_intents",
            &[
                ("amount", "100"),
                ("currency", "usd"),
                ("confirm", "true"),
                ("payment_method", "pm_card_chargeDeclined"),
            ],
        )
        .await
        .error(402);
    let paid = world.paid("pm_card_refundFail").await;
    let id = text(&paid, "id");
    let refund = world.post("/v1/refunds", &[("payment_intent", id), ("reason", "duplicate")]).await;
    from_str::<Refund>(&refund.text).unwrap();
    world.advance(DELAY + 1).await;

    let path = format!("/v1/payment_intents/{id}?expand[]=latest_charge.balance_transaction&expand[]=payment_method");
    let intent: PaymentIntent = from_str(&world.get(&path).await.text).unwrap();
    assert_eq!(intent.status, PaymentIntentStatus::Succeeded);
    let Some(Expandable::Object(charge)) = intent.latest_charge else { panic!("not expanded") };
    let Some(Expandable::Object(transaction)) = charge.balance_transaction else { panic!("not expanded") };
    assert_eq!(transaction.fee, 175);
    assert!(matches!(intent.payment_method, Some(Expandable::Object(_))));

    let charges: List<Charge> = from_str(&world.get("/v1/charges").await.text).unwrap();
    assert_eq!(charges.data.len(), 2);
    assert!(!charges.has_more);
    from_str::<Charge>(&world.get(&format!("/v1/charges/{}", text(&paid, "latest_charge"))).await.text).unwrap();
    from_str::<PaymentMethod>(&world.get(&format!("/v1/payment_methods/{}", text(&paid, "payment_method"))).await.text)
        .unwrap();
    let intents: List<PaymentIntent> = from_str(&world.get("/v1/payment_intents").await.text).unwrap();
    assert_eq!(intents.data[1].last_payment_error.as_ref().unwrap().decline_code.as_deref(), Some("generic_decline"));
    let refunds: List<Refund> = from_str(&world.get("/v1/refunds").await.text).unwrap();
    assert_eq!(refunds.data[0].status.as_deref(), Some("failed"));
    let transactions: List<BalanceTransaction> = from_str(&world.get("/v1/balance_transactions").await.text).unwrap();
    assert_eq!(transactions.data.len(), 3);
    let events: List<Event> = from_str(&world.get("/v1/events").await.text).unwrap();
    assert!(events.data.iter().all(|event| !event.type_.as_str().is_empty()));
    let found = world.get("/v1/payment_intents/search?query=status%3A%27succeeded%27").await;
    assert_eq!(from_str::<SearchList<PaymentIntent>>(&found.text).unwrap().data.len(), 1);
}

#[tokio::test]
async fn customers_debits_and_questions_of_the_bank_are_read_by_the_typed_client() {
    let world = World::new().await;
    let form = [("email", "ada@example.com"), ("shipping[name]", "Ada"), ("shipping[address][line1]", "1 Street")];
    let customer = world.post("/v1/customers", &form).await;
    from_str::<Customer>(&customer.text).unwrap();
    let customer = customer.json();
    let form = [
        ("amount", "500"),
        ("currency", "eur"),
        ("confirm", "true"),
        ("customer", text(&customer, "id")),
        ("setup_future_usage", "off_session"),
        ("payment_method", "pm_card_authenticationRequired"),
        ("return_url", "https://shop.example/"),
        ("expand[]", "customer"),
    ];
    let asked = world.post("/v1/payment_intents", &form).await;
    let intent: PaymentIntent = from_str(&asked.text).unwrap();
    assert_eq!(intent.status, PaymentIntentStatus::RequiresAction);
    assert!(intent.next_action.unwrap().redirect_to_url.unwrap().url.is_some());
    assert!(matches!(intent.customer, Some(Expandable::Object(_))));
    let body = serde_json::json!({"payment_intent": asked.json()["id"], "outcome": "complete"});
    world.control("/_sandbox/authenticate", body).await.ok();
    let form = [
        ("amount", "500"),
        ("currency", "eur"),
        ("confirm", "true"),
        ("payment_method_types[]", "sepa_debit"),
        ("payment_method", "pm_failed_de"),
    ];
    world.post("/v1/payment_intents", &form).await.ok();
    let charges = world.get("/v1/charges").await;
    let charges: List<Charge> = from_str(&charges.text).unwrap();
    assert!(charges.data[0].payment_method_details.as_ref().unwrap().sepa_debit.is_some());
    let card = charges.data[1].payment_method_details.as_ref().unwrap().card.as_ref().unwrap();
    assert!(card.three_d_secure.is_some());
    world.advance(DELAY + 1).await;
    let intents: List<PaymentIntent> = from_str(&world.get("/v1/payment_intents").await.text).unwrap();
    let method = intents.data[0].last_payment_error.as_ref().unwrap().payment_method.as_ref().unwrap();
    assert!(method.sepa_debit.is_some());
    let events: List<Event> = from_str(&world.get("/v1/events?limit=100").await.text).unwrap();
    assert!(events.data.len() > 8);
}

#[tokio::test]
async fn checkout_sessions_are_read_by_the_typed_client() {
    let world = World::new().await;
    let form = [
        ("mode", "payment"),
        ("success_url", "https://shop.example/"),
        ("line_items[0][price_data][currency]", "eur"),
        ("line_items[0][price_data][unit_amount]", "2500"),
        ("line_items[0][price_data][product_data][name]", "Stalls"),
        ("line_items[0][quantity]", "2"),
        ("expand[]", "line_items"),
    ];
    let made = world.post("/v1/checkout/sessions", &form).await;
    let session: CheckoutSession = from_str(&made.text).unwrap();
    assert_eq!(session.line_items.unwrap().data[0].price.as_ref().unwrap().unit_amount, Some(2500));
    assert_eq!(session.ui_mode.unwrap().as_str(), "hosted_page");
    let made = made.json();
    let path = format!("/v1/checkout/sessions/{}", text(&made, "id"));
    let items: List<CheckoutSessionItem> = from_str(&world.get(&format!("{path}/line_items")).await.text).unwrap();
    assert_eq!(items.data[0].quantity, Some(2));
    let body = serde_json::json!({"checkout_session": made["id"], "payment_method": "pm_card_visa"});
    world.control("/_sandbox/pay", body).await.ok();
    let done: CheckoutSession = from_str(&world.get(&format!("{path}?expand[]=payment_intent")).await.text).unwrap();
    assert_eq!(done.payment_status.as_str(), "paid");
    assert!(matches!(done.payment_intent, Some(Expandable::Object(_))));
    let fixture = "adaptive_pricing after_expiration allow_promotion_codes amount_subtotal amount_total automatic_tax \
        billing_address_collection cancel_url client_reference_id client_secret collected_information consent consent_collection \
        created currency currency_conversion custom_fields custom_text customer customer_account customer_creation customer_details \
        customer_email discounts expires_at id integration_identifier invoice invoice_creation livemode locale managed_payments \
        metadata mode object origin_context payment_intent payment_link payment_method_collection \
        payment_method_configuration_details payment_method_options payment_method_types payment_status permissions \
        phone_number_collection recovered_from saved_payment_method_options setup_intent shipping_address_collection shipping_cost \
        shipping_options status submit_type subscription success_url total_details ui_mode url wallet_options";
    for field in fixture.split_whitespace() {
        assert!(made.get(field).is_some(), "{field}");
    }
}

#[tokio::test]
async fn what_is_around_payments_is_read_too() {
    let world = World::new().await;
    world.paid("pm_card_createDispute").await;
    world.paid("pm_card_bypassPending").await;
    world.paid("pm_card_bypassPending").await;
    world.advance(DELAY + 1).await;
    let form = [
        ("type", "custom"),
        ("country", "US"),
        ("business_type", "individual"),
        ("business_profile[url]", "https://venue.example"),
        ("capabilities[transfers][requested]", "true"),
        ("individual[first_name]", "Ada"),
        ("individual[last_name]", "Lovelace"),
        ("individual[email]", "ada@example.com"),
        ("individual[dob][day]", "1"),
        ("tos_acceptance[date]", "1790000000"),
        ("tos_acceptance[ip]", "127.0.0.1"),
        ("external_account[object]", "bank_account"),
        ("external_account[country]", "US"),
        ("external_account[currency]", "eur"),
        ("external_account[routing_number]", "110000000"),
        ("external_account[account_number]", "000123456789"),
    ];
    let made = world.post("/v1/accounts", &form).await;
    let account: Account = from_str(&made.text).unwrap();
    assert_eq!(account.payouts_enabled, Some(true));
    let id = account.id.to_string();
    let given = world.post("/v1/transfers", &[("amount", "100"), ("currency", "eur"), ("destination", &id)]).await;
    let transfer: Transfer = from_str(&given.text).unwrap();
    let path = format!("/v1/transfers/{}/reversals", transfer.id.as_str());
    from_str::<TransferReversal>(&world.post(&path, &[("amount", "40")]).await.text).unwrap();
    let shown: Transfer = from_str(&world.get("/v1/transfers").await.json()["data"][0].to_string()).unwrap();
    assert_eq!((shown.amount_reversed, shown.reversals.data.len()), (40, 1));
    let payout: Payout =
        from_str(&world.post("/v1/payouts", &[("amount", "100"), ("currency", "eur")]).await.text).unwrap();
    assert_eq!(payout.status, "pending");
    from_str::<Account>(&world.get("/v1/account").await.text).unwrap();
    let disputes: List<Dispute> = from_str(&world.get("/v1/disputes").await.text).unwrap();
    assert_eq!(disputes.data[0].status, DisputeStatus::NeedsResponse);
    assert_eq!(disputes.data[0].balance_transactions[0].net, -11_500);
    let transactions: List<BalanceTransaction> = from_str(&world.get("/v1/balance_transactions").await.text).unwrap();
    assert_eq!(transactions.data.len(), 7);
}

#[tokio::test]
async fn errors_are_read_by_the_typed_client() {
    let world = World::new().await;
    let form = [
        ("amount", "100"),
        ("currency", "eur"),
        ("confirm", "true"),
        ("payment_method", "pm_card_visa_chargeDeclinedExpiredCard"),
    ];
    for answer in [
        world.post("/v1/payment_intents", &form).await,
        world.post("/v1/payment_intents", &[("amount", "x")]).await,
        world.get("/v1/charges/ch_none").await,
    ] {
        let error: ApiErrors = from_str(&answer.json()["error"].to_string()).unwrap();
        assert!(!error.message.unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_objects_have_every_field_of_their_kind() {
    let world = World::new().await;
    let paid = world.paid("pm_card_visa").await;
    world.post("/v1/refunds", &[("payment_intent", text(&paid, "id"))]).await.ok();
    world.advance(DELAY + 1).await;
    let first = async |path: &str| world.get(path).await.ok()["data"][0].clone();
    let has = |object: &serde_json::Value, fields: &str| {
        for field in fields.split_whitespace() {
            assert!(object.get(field).is_some(), "{} has no {field}", object["object"]);
        }
    };
    has(&first("/v1/payment_intents").await, PAYMENT_INTENT);
    has(&first("/v1/charges").await, CHARGE);
    has(&first("/v1/refunds").await, REFUND);
    has(&first("/v1/balance_transactions").await, BALANCE_TRANSACTION);
    has(&first("/v1/events").await, EVENT);
    world.post("/v1/customers", &[]).await.ok();
    has(&first("/v1/customers").await, CUSTOMER);
}

const PAYMENT_INTENT: &str = "amount amount_capturable amount_details amount_received application application_fee_amount automatic_payment_methods \
    canceled_at cancellation_reason capture_method client_secret confirmation_method created currency customer \
    customer_account description excluded_payment_method_types id last_payment_error latest_charge livemode managed_payments \
    metadata next_action object on_behalf_of payment_method payment_method_configuration_details payment_method_options \
    payment_method_types processing receipt_email review setup_future_usage shipping source statement_descriptor \
    statement_descriptor_suffix status transfer_data transfer_group";

const CHARGE: &str = "amount amount_captured amount_refunded application application_fee application_fee_amount balance_transaction \
    billing_details calculated_statement_descriptor captured created currency customer description disputed \
    failure_balance_transaction failure_code failure_message fraud_details id livemode metadata object on_behalf_of outcome \
    paid payment_intent payment_method payment_method_details receipt_email receipt_number receipt_url refunded refunds \
    review shipping source source_transfer statement_descriptor statement_descriptor_suffix status transfer_data \
    transfer_group";

const REFUND: &str = "amount balance_transaction charge created currency customer customer_account destination_details id metadata object \
    payment_intent payment_method reason receipt_number source_transfer_reversal status transfer_reversal";

const BALANCE_TRANSACTION: &str = "amount available_on balance_type created currency description exchange_rate fee fee_details id net object \
    reporting_category source status type";

const CUSTOMER: &str = "address balance created currency default_source delinquent description discount email id invoice_prefix \
    invoice_settings livemode metadata name next_invoice_sequence object phone preferred_locales shipping tax_exempt test_clock";

const EVENT: &str = "api_version created data id livemode object pending_webhooks request type";

//! `GET /_sandbox/state`: how much of everything there is. Counts only.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::server::Sandbox;

/// The counts of each account, under its publishable key.
pub(crate) async fn state(State(sandbox): State<Arc<Sandbox>>) -> Json<Value> {
    let accounts: Map<String, Value> =
        sandbox.accounts.iter().map(|account| (account.settings.publishable_key.clone(), counts(account))).collect();
    Json(json!({"now": sandbox.clock.now_ms() / 1000, "accounts": accounts}))
}

fn counts(account: &Account) -> Value {
    let callbacks = &account.callbacks;
    account.read(|book, _| {
        json!({
            "payment_intents": book.intents.rows().len(),
            "charges": book.charges.rows().len(),
            "refunds": book.refunds.rows().len(),
            "accounts": book.accounts.rows().len(),
            "transfers": book.transfers.rows().len(),
            "balance_transactions": book.balance_transactions.rows().len(),
            "events": book.events.events().len(),
            "callbacks": {
                "waiting": callbacks.waiting(),
                "delivered": callbacks.delivered.load(Ordering::Relaxed),
                "failed_attempts": callbacks.failed_attempts.load(Ordering::Relaxed),
                "given_up": callbacks.given_up.load(Ordering::Relaxed),
            },
        })
    })
}

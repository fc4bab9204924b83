//! One lane at work: takes the next delivery, signs it, sends it, and decides what follows from the answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::account::Account;
use crate::callbacks::queue::{Delivery, Next};
use crate::callbacks::signature;
use crate::clock::real_seconds;

/// How many payments of one account can be told of at the same time.
pub(crate) const LANES: usize = 64;

/// The waits between the attempts, in milliseconds: three days in all, as at Stripe.
const WAITS_MS: &[i64] =
    &[1_000, 5_000, 30_000, 300_000, 3_600_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 86_400_000];

/// Sends what comes into the lane, for ever.
pub(crate) async fn run_lane(account: Arc<Account>, lane: usize, client: reqwest::Client) {
    loop {
        match account.callbacks.next(lane, account.clock.now_ms()) {
            Next::Send(delivery) => attempt(&account, lane, &client, delivery).await,
            Next::Wait(milliseconds) => {
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(milliseconds)) => {}
                    () = account.callbacks.changed(lane) => {}
                }
            }
            Next::Rest => account.callbacks.changed(lane).await,
        }
    }
}

async fn attempt(account: &Account, lane: usize, client: &reqwest::Client, mut delivery: Delivery) {
    if send(account, client, &delivery).await {
        account.transact(None, |book, _| book.mark_delivered(&delivery.event)).await;
        account.callbacks.ended(&account.callbacks.delivered);
        return;
    }
    account.callbacks.failed_attempts.fetch_add(1, Ordering::Relaxed);
    let Some(wait) = WAITS_MS.get(delivery.attempts) else {
        account.callbacks.ended(&account.callbacks.given_up);
        tracing::warn!(event = %delivery.event, kind = %delivery.kind, "no receiver took this callback; giving up");
        return;
    };
    delivery.attempts += 1;
    account.callbacks.put(lane, account.clock.now_ms() + wait, delivery);
}

/// True when the receiver took it: any 2xx answer, and nothing else.
async fn send(account: &Account, client: &reqwest::Client, delivery: &Delivery) -> bool {
    let Some(url) = &account.settings.callback_url else {
        return false;
    };
    let body = delivery.body.to_string();
    let Some(signature) = signature::header(&account.settings.callback_secret, &body, real_seconds()) else {
        return false;
    };
    let request = client
        .post(url)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (stripe-sandbox)")
        .header("stripe-signature", signature)
        .body(body);
    match request.send().await {
        Ok(answer) if answer.status().is_success() => true,
        Ok(answer) => {
            tracing::info!(event = %delivery.event, status = answer.status().as_u16(), "callback was refused");
            false
        }
        Err(error) => {
            tracing::info!(event = %delivery.event, %error, "callback could not be sent");
            false
        }
    }
}

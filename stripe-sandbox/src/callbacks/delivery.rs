//! The lanes at work: each takes its next delivery, signs it, sends it, and decides what follows from the answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::account::Account;
use crate::book::{Book, Context};
use crate::callbacks::Receiver;
use crate::callbacks::queue::{Delivery, LANES, Lanes, Next};
use crate::callbacks::signature;
use crate::clock::real_seconds;

/// The waits between the attempts, in milliseconds: three days in all, as at Stripe.
const WAITS_MS: &[i64] =
    &[1_000, 5_000, 30_000, 300_000, 3_600_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 86_400_000];

/// Keeps the lanes of the account's receivers running, for ever: those of new ones too. Those of a receiver that is gone end by themselves.
pub(crate) async fn keep_receivers(account: Arc<Account>, client: reqwest::Client) {
    let mut running: Vec<(Arc<Lanes>, JoinSet<()>)> = Vec::new();
    loop {
        let receivers = account.callbacks.receivers();
        running.retain_mut(|(lanes, tasks)| {
            let stays = receivers.iter().any(|receiver| Arc::ptr_eq(&receiver.lanes, lanes));
            if !stays {
                tasks.detach_all();
            }
            stays
        });
        for receiver in receivers.iter() {
            if !running.iter().any(|(lanes, _)| Arc::ptr_eq(&receiver.lanes, lanes)) {
                let lane = |lane| run_lane(account.clone(), receiver.lanes.clone(), lane, client.clone());
                running.push((receiver.lanes.clone(), (0..LANES).map(lane).collect()));
            }
        }
        account.callbacks.receivers_changed.notified().await;
    }
}

/// Sends what comes into the lane, until its receiver is gone.
async fn run_lane(account: Arc<Account>, lanes: Arc<Lanes>, lane: usize, client: reqwest::Client) {
    // Its address and secret may change between two deliveries.
    while let Some(receiver) = account.callbacks.receiver_of(&lanes) {
        match account.callbacks.next(&lanes, lane, account.clock.now_ms()) {
            Next::Send(delivery) => attempt(&account, &receiver, lane, &client, delivery).await,
            Next::Wait(milliseconds) => {
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(milliseconds)) => {}
                    () = lanes.changed(lane) => {}
                }
            }
            Next::Rest => lanes.changed(lane).await,
        }
    }
    account.callbacks.give_up_all(&lanes);
}

async fn attempt(
    account: &Account,
    receiver: &Receiver,
    lane: usize,
    client: &reqwest::Client,
    mut delivery: Delivery,
) {
    if send(receiver, client, &delivery).await {
        let mark = |book: &mut Book| book.mark_delivered(&delivery.event, &receiver.id);
        let mark = |book: &mut Book, _: &Context| match &delivery.account {
            None => mark(book),
            Some(account) => book.within(account, mark),
        };
        account.transact(None, mark).await;
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
    receiver.lanes.put(lane, account.clock.now_ms() + wait, delivery);
}

/// True when the receiver took it: any 2xx answer, and nothing else.
async fn send(receiver: &Receiver, client: &reqwest::Client, delivery: &Delivery) -> bool {
    let body = delivery.body.to_string();
    let Some(signature) = signature::header(&receiver.secret, &body, real_seconds()) else {
        return false;
    };
    let request = client
        .post(&receiver.url)
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

//! The calls: each is one request of the provider, named by what it does there, and safe to repeat.

use std::collections::HashMap;

use foundation::{
    Currency, Instant, Money,
    id::{PaymentId, RefundId, ResellerId},
};
use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use serde::Serialize;
use stripe_client_core::{IdempotencyKey, RequestBuilder, RequestStrategy, StripeMethod, StripeRequest};
use stripe_core::{
    balance_transaction::RetrieveBalanceTransaction,
    payment_intent::{
        CancelPaymentIntent, ConfirmPaymentIntent, CreatePaymentIntent, CreatePaymentIntentAutomaticPaymentMethods,
        RetrievePaymentIntent, SearchPaymentIntent,
    },
    refund::{CreateRefund, RetrieveRefund},
};
use stripe_shared::{PaymentIntent, PaymentIntentStatus};
use stripe_types::Expandable;

use super::{
    IntentState, Provider, ProviderError, RefundAnswer, Standing,
    amounts::{major, minor, stripe_currency},
    callback::{Callback, DisputeWord, META_ORDER, META_PAYMENT, META_REFUND, META_RESELLER, RefundWord, dispute_word},
};
use crate::rules::{
    evidence::Evidence,
    letter::{PerformanceTold, TicketTold},
    order::Order,
    payment::{Decline, Payment, ProviderId, WebAddress},
};

/// How many events one look at the provider's list gives.
const EVENTS_PAGE: usize = 100;

/// The little of a session of the provider's page that we read.
#[derive(miniserde::Deserialize)]
struct Session {
    id: String,
    url: Option<String>,
    status: Option<String>,
    payment_intent: Option<Expandable<PaymentIntent>>,
}

impl Provider {
    /// Creates a payment, or gives the one that an earlier call for the same attempt created.
    ///
    /// # Errors
    /// The provider's.
    pub async fn create_intent(&self, reseller: ResellerId, payment: &Payment) -> Result<IntentState, ProviderError> {
        let request = CreatePaymentIntent::new(minor(payment.amount)?, stripe_currency(payment.amount.currency()))
            .automatic_payment_methods(CreatePaymentIntentAutomaticPaymentMethods::new(true))
            .metadata(metadata(reseller, payment));
        let key = format!("pi:{}:{}", payment.order, payment.attempt);
        Ok(intent_state(self.send("create_intent", &request, &key).await?))
    }

    /// Creates a payment on the provider's page, which shows the performances with their tickets, or gives the one that an earlier call
    /// for the same attempt created.
    ///
    /// # Errors
    /// The provider's.
    pub async fn create_session(
        &self,
        reseller: ResellerId,
        order: &Order,
        payment: &Payment,
        performances: &[PerformanceTold],
    ) -> Result<IntentState, ProviderError> {
        let metadata = metadata(reseller, payment);
        let lines = performances.iter().flat_map(|performance| {
            let priced = performance.tickets.iter().filter(|ticket| !ticket.total.amount().is_zero());
            priced.map(move |ticket| session_line(performance, ticket))
        });
        let lines: Vec<SessionLine> = if payment.amount.amount() == order.total {
            lines.collect::<Result<_, ProviderError>>()?
        } else {
            rest_line(performances, payment.amount)?.into_iter().collect()
        };
        let back = payment.return_url.as_ref().map(|url| url.as_str().to_owned());
        let params = NewSession {
            mode: "payment",
            client_reference_id: order.id.to_string(),
            customer_email: order.buyer.email.clone(),
            success_url: back.clone(),
            cancel_url: back,
            line_items: lines,
            payment_intent_data: SessionIntent { metadata: metadata.clone() },
            metadata,
        };
        let request = RequestBuilder::new(StripeMethod::Post, "/checkout/sessions").form(&params);
        let key = strategy(&format!("cs:{}:{}", payment.order, payment.attempt))?;
        let request = request.customize::<Session>().request_strategy(key);
        self.client.measured("create_session", request.send(&self.client)).await.map(session_state)
    }

    /// Asks for a payment's standing.
    ///
    /// # Errors
    /// The provider's.
    pub async fn intent(&self, id: &str) -> Result<IntentState, ProviderError> {
        self.ask("retrieve_intent", &RetrievePaymentIntent::new(id)).await.map(intent_state)
    }

    /// Which payment of ours the provider's is, by the ids that travel with it; none if it is none of ours.
    ///
    /// # Errors
    /// The provider's.
    pub async fn whose(&self, intent: &str) -> Result<Option<(ResellerId, PaymentId)>, ProviderError> {
        let metadata = match self.ask("retrieve_intent", &RetrievePaymentIntent::new(intent)).await {
            Ok(intent) => intent.metadata,
            Err(ProviderError::Refused { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let id = |name: &str| metadata.get(name).cloned();
        let reseller = id(META_RESELLER).and_then(|id| id.parse().ok());
        Ok(reseller.zip(id(META_PAYMENT).and_then(|id| id.parse().ok())))
    }

    async fn session(&self, id: &str) -> Result<IntentState, ProviderError> {
        let path = format!("/checkout/sessions/{id}");
        let request = RequestBuilder::new(StripeMethod::Get, path).query(&Expand { expand: ["payment_intent"] });
        self.client
            .measured("retrieve_session", request.customize::<Session>().send(&self.client))
            .await
            .map(session_state)
    }

    /// Where a payment stands; none if the provider has none.
    ///
    /// # Errors
    /// The provider's.
    pub async fn standing(&self, payment: &Payment) -> Result<Option<IntentState>, ProviderError> {
        match (&payment.provider_intent, &payment.provider_session) {
            // The session knows of every try that the buyer makes on the page, so it is asked first.
            (_, Some(session)) => self.session(session).await.map(Some),
            (Some(intent), None) => self.intent(intent).await.map(Some),
            (None, None) => self.find_intent(payment.id).await,
        }
    }

    /// Looks for the payment that a call whose answer never came may have created.
    ///
    /// # Errors
    /// The provider's.
    pub async fn find_intent(&self, payment: PaymentId) -> Result<Option<IntentState>, ProviderError> {
        let query = format!("metadata['{META_PAYMENT}']:'{payment}'");
        let found = self.ask("search_intent", &SearchPaymentIntent::new(query)).await?;
        Ok(found.data.into_iter().next().map(intent_state))
    }

    /// Confirms a payment with a payment method. However it ends, declined too, the answer is where the payment then stands.
    ///
    /// # Errors
    /// The provider's: what it refuses without having tried (an unknown payment method).
    pub async fn confirm(
        &self,
        intent: &str,
        payment_method: &ProviderId,
        return_url: &WebAddress,
    ) -> Result<IntentState, ProviderError> {
        // Without a key: a payment can be paid once, whatever is asked twice, and under a key a decline would be repeated.
        let request = ConfirmPaymentIntent::new(intent)
            .payment_method(payment_method.as_str())
            .return_url(return_url.as_str().to_owned());
        match self.ask("confirm_intent", &request).await {
            Ok(intent) => Ok(intent_state(intent)),
            Err(ProviderError::Refused { code, message }) => {
                let state = self.intent(intent).await?;
                let tried = state.decline.is_some() || state.standing != Standing::Open;
                if tried { Ok(state) } else { Err(ProviderError::Refused { code, message }) }
            }
            Err(error) => Err(error),
        }
    }

    /// Cancels a payment wherever it is, and gives where it then stands; none if the provider has none. What has succeeded
    /// meanwhile, or is being decided, is not cancelled; its standing says so.
    ///
    /// # Errors
    /// The provider's.
    pub async fn cancel(&self, payment: &Payment) -> Result<Option<IntentState>, ProviderError> {
        if let Some(session) = &payment.provider_session {
            let path = format!("/checkout/sessions/{session}/expire");
            let request = RequestBuilder::new(StripeMethod::Post, path).customize::<Session>();
            match self.client.measured("expire_session", request.send(&self.client)).await {
                Ok(session) => return Ok(Some(session_state(session))),
                // It is no longer open: what became of it, it says itself. What it has left unpaid is not to be paid any more.
                Err(ProviderError::Refused { .. }) => {
                    let state = self.session(session).await?;
                    return match (state.standing, &state.id) {
                        (Standing::Cancelled, Some(intent)) => {
                            let intent = self.cancel_intent(intent).await?;
                            Ok(Some(IntentState { standing: intent.standing, ..state }))
                        }
                        _ => Ok(Some(state)),
                    };
                }
                Err(error) => return Err(error),
            }
        }
        let intent = match &payment.provider_intent {
            Some(intent) => intent.clone(),
            None => match self.find_intent(payment.id).await?.and_then(|found| found.id) {
                Some(found) => found,
                None => return Ok(None),
            },
        };
        self.cancel_intent(&intent).await.map(Some)
    }

    /// Cancels a payment by the provider's id of it.
    ///
    /// # Errors
    /// The provider's.
    pub async fn cancel_intent(&self, id: &str) -> Result<IntentState, ProviderError> {
        // Without a key, under which a "not while it is processing" would be repeated for a day. To cancel twice harms nobody.
        match self.ask("cancel_intent", &CancelPaymentIntent::new(id)).await {
            Ok(intent) => Ok(intent_state(intent)),
            // It is in a state that cannot be cancelled: which one, only it knows.
            Err(ProviderError::Refused { .. }) => self.intent(id).await,
            Err(error) => Err(error),
        }
    }

    /// Gives money back on a payment, or gives the refund that an earlier call created.
    ///
    /// # Errors
    /// The provider's.
    pub async fn create_refund(
        &self,
        reseller: ResellerId,
        refund: RefundId,
        intent: &str,
        amount: Money,
    ) -> Result<RefundAnswer, ProviderError> {
        let metadata = HashMap::from([
            (META_RESELLER.to_owned(), reseller.to_string()),
            (META_REFUND.to_owned(), refund.to_string()),
        ]);
        let request = CreateRefund::new().payment_intent(intent).amount(minor(amount)?).metadata(metadata);
        let answer = self.send("create_refund", &request, &format!("refund:{refund}")).await?;
        Ok(refund_answer(answer))
    }

    /// Asks how a refund stands.
    ///
    /// # Errors
    /// The provider's.
    pub async fn refund(&self, id: &str) -> Result<RefundAnswer, ProviderError> {
        let answer = self.ask("retrieve_refund", &RetrieveRefund::new(id)).await?;
        Ok(refund_answer(answer))
    }

    /// The provider's own fee of a balance transaction, in the major unit of the currency, and when its money is at the platform's disposal.
    ///
    /// # Errors
    /// The provider's; unreachable if it is in another currency than the payment.
    pub async fn fee(&self, transaction: &str, currency: Currency) -> Result<(Decimal, Instant), ProviderError> {
        let answer = self.ask("retrieve_balance_transaction", &RetrieveBalanceTransaction::new(transaction)).await?;
        if answer.currency != stripe_currency(currency) {
            return Err(ProviderError::Unreachable(format!(
                "the fee of {transaction} is in {}, not {currency}",
                answer.currency
            )));
        }
        let available_at = Instant::from_micros(answer.available_on.saturating_mul(1_000_000));
        Ok((major(answer.fee, currency), available_at))
    }

    /// The provider's events from this second on, newest first, a page after the event named. Whatever would be a callback is
    /// among them, whether it reached us or not.
    ///
    /// # Errors
    /// The provider's.
    pub async fn events(&self, since: i64, after: Option<&str>) -> Result<Vec<Callback>, ProviderError> {
        let mut query = vec![("created[gte]", since.to_string()), ("limit", EVENTS_PAGE.to_string())];
        query.extend(after.map(|event| ("starting_after", event.to_owned())));
        let mut request = RequestBuilder::new(StripeMethod::Get, "/events");
        request.query = Some(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish());
        let bytes = self.client.measured("list_events", self.client.ask_raw(&request)).await?;
        let unreadable = || ProviderError::Unreachable("its list of events cannot be read".to_owned());
        let page: serde_json::Value = serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
        let events = page.get("data").and_then(serde_json::Value::as_array).ok_or_else(unreadable)?;
        events.iter().map(|event| Callback::read(event.clone()).ok_or_else(unreadable)).collect()
    }

    /// Hands evidence in for a dispute, once and for all, and gives how the dispute then stands.
    ///
    /// # Errors
    /// The provider's.
    pub async fn submit_evidence(
        &self,
        dispute: &str,
        evidence: &Evidence,
        key: &str,
    ) -> Result<DisputeWord, ProviderError> {
        let fields = evidence.fields().map(|(field, text)| (format!("evidence[{field}]"), text.to_owned()));
        let fields = fields.chain([("submit".to_owned(), "true".to_owned())]);
        let mut request = RequestBuilder::new(StripeMethod::Post, format!("/disputes/{dispute}"));
        request.body = Some(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
        let bytes = self.client.measured("submit_evidence", self.client.send_raw(&request, key)).await?;
        let answer: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
        let unreadable = || ProviderError::Unreachable("its dispute cannot be read".to_owned());
        answer.as_ref().and_then(dispute_word).ok_or_else(unreadable)
    }

    async fn send<R: StripeRequest>(
        &self,
        call: &'static str,
        request: &R,
        key: &str,
    ) -> Result<R::Output, ProviderError>
    where
        R::Output: miniserde::Deserialize,
    {
        let request = request.customize().request_strategy(strategy(key)?);
        self.client.measured(call, request.send(&self.client)).await
    }

    /// A call that may be repeated as it is.
    async fn ask<R: StripeRequest>(&self, call: &'static str, request: &R) -> Result<R::Output, ProviderError>
    where
        R::Output: miniserde::Deserialize,
    {
        self.client.measured(call, request.customize().send(&self.client)).await
    }
}

fn refund_answer(answer: stripe_shared::Refund) -> RefundAnswer {
    let (status, failure_reason) = (answer.status.unwrap_or_default(), answer.failure_reason);
    RefundAnswer { id: answer.id.to_string(), word: RefundWord { status, amount: answer.amount, failure_reason } }
}

/// A ticket as the buyer sees it on the provider's page.
fn session_line(performance: &PerformanceTold, ticket: &TicketTold) -> Result<SessionLine, ProviderError> {
    let seat = ticket.row.as_ref().zip(ticket.seat.as_ref());
    let seat = seat.map(|(row, seat)| format!(", row {row}, seat {seat}")).unwrap_or_default();
    let PerformanceTold { title, venue, city, .. } = performance;
    let when = Timestamp::from_microsecond(performance.starts_at.as_micros()).unwrap_or_default();
    let when = when.to_zoned(TimeZone::get(&performance.time_zone).unwrap_or(TimeZone::UTC));
    let when = when.strftime("%-d %B %Y, %H:%M");
    Ok(SessionLine {
        quantity: 1,
        price_data: SessionPrice {
            currency: ticket.total.currency().code().to_lowercase(),
            unit_amount: minor(ticket.total)?,
            product_data: SessionProduct {
                name: format!("{title}: {}, {}{seat}", ticket.ticket_type, ticket.section),
                description: format!("{when}, {venue}, {city}"),
            },
        },
    })
}

/// All tickets in one line, for what is left to pay of them once credit is taken off.
fn rest_line(performances: &[PerformanceTold], amount: Money) -> Result<Option<SessionLine>, ProviderError> {
    let first = performances.iter().find_map(|performance| Some((performance, performance.tickets.first()?)));
    let line = |(performance, ticket): (&PerformanceTold, &TicketTold)| {
        let mut line = session_line(performance, &TicketTold { total: amount, ..ticket.clone() })?;
        line.price_data.product_data.name = format!("{}: what is left to pay", performance.title);
        Ok(line)
    };
    first.map(line).transpose()
}

fn strategy(key: &str) -> Result<RequestStrategy, ProviderError> {
    let key = IdempotencyKey::new(key).map_err(|error| ProviderError::Unreachable(error.to_string()))?;
    Ok(RequestStrategy::Idempotent(key))
}

fn metadata(reseller: ResellerId, payment: &Payment) -> HashMap<String, String> {
    HashMap::from([
        (META_RESELLER.to_owned(), reseller.to_string()),
        (META_ORDER.to_owned(), payment.order.to_string()),
        (META_PAYMENT.to_owned(), payment.id.to_string()),
    ])
}

#[derive(Serialize)]
struct Expand {
    expand: [&'static str; 1],
}

#[derive(Serialize)]
struct NewSession {
    mode: &'static str,
    client_reference_id: String,
    customer_email: Option<String>,
    success_url: Option<String>,
    cancel_url: Option<String>,
    line_items: Vec<SessionLine>,
    payment_intent_data: SessionIntent,
    metadata: HashMap<String, String>,
}

#[derive(Serialize)]
struct SessionLine {
    quantity: u32,
    price_data: SessionPrice,
}

#[derive(Serialize)]
struct SessionPrice {
    currency: String,
    unit_amount: i64,
    product_data: SessionProduct,
}

#[derive(Serialize)]
struct SessionProduct {
    name: String,
    description: String,
}

#[derive(Serialize)]
struct SessionIntent {
    metadata: HashMap<String, String>,
}

fn intent_state(intent: PaymentIntent) -> IntentState {
    let action = intent.next_action.and_then(|action| action.redirect_to_url).and_then(|redirect| redirect.url);
    let decline = intent.last_payment_error.map(|error| {
        let error = *error;
        let code = error.decline_code.or_else(|| error.code.map(|code| code.to_string()));
        let code = code.unwrap_or_else(|| "declined".to_owned());
        // A try that reached the bank has a charge; one that did not is told apart by what was tried.
        let tried = error.payment_method.map(|method| method.id.to_string()).unwrap_or_default();
        let which = error.charge.unwrap_or_else(|| format!("{code} {tried}"));
        let message = error.message.unwrap_or_else(|| "The payment was declined.".to_owned());
        Decline { code, message, which }
    });
    IntentState {
        id: Some(intent.id.to_string()),
        session: None,
        page_url: None,
        client_secret: intent.client_secret,
        standing: match intent.status {
            PaymentIntentStatus::Succeeded => Standing::Succeeded,
            PaymentIntentStatus::Canceled => Standing::Cancelled,
            PaymentIntentStatus::Processing | PaymentIntentStatus::RequiresCapture => Standing::Processing,
            PaymentIntentStatus::RequiresAction => Standing::NeedsAction,
            _ => Standing::Open,
        },
        action_url: action,
        decline,
        amount_received: intent.amount_received,
        charge: intent.latest_charge.map(|charge| charge.id().to_string()),
    }
}

fn session_state(session: Session) -> IntentState {
    let tried = session.payment_intent.and_then(|intent| match intent {
        Expandable::Object(intent) => Some(intent_state(*intent)),
        Expandable::Id(_) => None,
    });
    let (expired, complete) = match session.status.as_deref() {
        Some("expired") => (true, false),
        status => (false, status == Some("complete")),
    };
    let mut state = tried.unwrap_or(IntentState {
        id: None,
        session: None,
        page_url: None,
        client_secret: None,
        standing: Standing::Open,
        action_url: None,
        decline: None,
        amount_received: 0,
        charge: None,
    });
    // A session that has ended takes no more tries, and cancels what was tried on it; so has one on which the buyer was done, when
    // a slow method then failed.
    let undecided = matches!(state.standing, Standing::Open | Standing::NeedsAction);
    if undecided && (expired || complete) {
        state.standing = Standing::Cancelled;
    }
    // What the page does with the buyer is the page's own.
    state.client_secret = None;
    state.action_url = None;
    IntentState { session: Some(session.id), page_url: session.url, ..state }
}

//! Does all that a buyer's order needs in one go: holds what is wanted, makes the order, creates its payment.
//!
//! Each step is committed before the next; the order's id is the caller's, so that the same call made again goes on where the
//! first try stopped. A hold that was made and not ordered ends by itself. The call begins with [`super::begin_order`] and ends with
//! [`super::answer_order`].

use std::time::Duration;

use accounting::Channel;
use foundation::{
    Code, Error, Money, Result,
    id::{HoldId, OrderId, QuestionId, ResellerId},
};

use serde_json::Value;

use super::{
    begin_order::Earlier,
    create_order::{Made, NewOrder, free_excess, let_go},
    start_payment::{naming, pay as pay_with, start_payment},
};
use crate::{
    inventory::Inventory,
    lanes::{HoldRequest, Lanes, Placed},
    provider::Provider,
    rules::{
        order::{Buyer, OrderState, Want, check_wants},
        payment::Way,
        terms::AskedBy,
    },
    together::take,
};

/// What the order is of.
#[derive(Debug, Clone)]
pub enum Of {
    /// A hold made before.
    Hold(HoldId),
    /// What is to be held now.
    Wants(Vec<Want>, AskedBy),
}

/// An order to be placed.
#[derive(Debug, Clone)]
pub struct OrderRequest {
    /// Its id, the same at every try.
    pub id: OrderId,
    /// What it is of.
    pub of: Of,
    /// The reseller's own name for it.
    pub reference: Option<String>,
    /// Who buys, as far as known.
    pub buyer: Buyer,
    /// What the caller showed the buyer.
    pub expected_total: Option<Money>,
    /// How long it can be paid; a hold made on the way lasts as long.
    pub payable_for: Duration,
    /// Who sells it.
    pub sold_through: Channel,
    /// Whether money that comes when the tickets are gone may buy others like them.
    pub accepts_equivalents: bool,
    /// What the buyer answered to what the shows ask, as far as known.
    pub answers: Vec<(QuestionId, Value)>,
    /// Of complimentary tickets, whose each of them is.
    pub guests: Option<Vec<String>>,
    /// How it is to be paid, if the payment is to be created as well.
    pub pay: Option<Way>,
}

/// Places it, in transactions of its own: then there is an order of its id. What an `earlier` try has done is not done again.
///
/// # Errors
/// What the steps refuse; the provider's.
pub async fn place_order(
    inventory: &Inventory,
    lanes: &Lanes,
    provider: &Provider,
    reseller: ResellerId,
    request: OrderRequest,
    earlier: Earlier,
) -> Result<()> {
    let (id, pay) = (request.id, request.pay.clone());
    let (order, payment) = match earlier.order {
        Some(order) => (order, None),
        None => {
            if request.pay.is_some() {
                request.buyer.check_ready_to_pay()?;
            }
            let made = make(inventory, lanes, reseller, request, (earlier.held, earlier.next)).await?;
            (made.order, made.payment)
        }
    };
    let Some(way) = pay.filter(|_| order.state == OrderState::AwaitingPayment) else { return Ok(()) };
    let paying = async {
        match payment {
            Some(payment) => pay_with(inventory, provider, reseller, payment, &way).await,
            None => start_payment(inventory, provider, reseller, id, &way).await,
        }
    };
    paying.await.map(drop).map_err(|error| naming(error, id))
}

async fn make(
    inventory: &Inventory,
    lanes: &Lanes,
    reseller: ResellerId,
    request: OrderRequest,
    (held, next): (Option<HoldId>, HoldId),
) -> Result<Made> {
    let (hold, on_the_way) = match (request.of, held) {
        (Of::Hold(hold), _) => (hold, false),
        (Of::Wants(..), Some(held)) => (held, true),
        (Of::Wants(wants, by), None) => (hold(lanes, reseller, next, wants, by, request.payable_for).await?, true),
    };
    let new = NewOrder {
        id: request.id,
        hold,
        reference: request.reference,
        buyer: request.buyer,
        expected_total: request.expected_total,
        payable_for: request.payable_for,
        sold_through: request.sold_through,
        accepts_equivalents: request.accepts_equivalents,
        answers: request.answers,
        guests: request.guests,
        pay: request.pay,
    };
    match take(inventory, reseller, new).await {
        Ok(made) => Ok(made),
        // Nobody knows of a hold that was made on the way: what was refused may be wanted again at once.
        Err(Error::Refused(why)) if on_the_way && !matches!(why.code, Code::Busy | Code::OutcomeUnknown) => {
            let_go(inventory, reseller, hold).await;
            Err(Error::Refused(why))
        }
        Err(why) => Err(free_excess(inventory, reseller, hold, why).await),
    }
}

async fn hold(
    lanes: &Lanes,
    reseller: ResellerId,
    id: HoldId,
    wants: Vec<Want>,
    by: AskedBy,
    lasts: Duration,
) -> Result<HoldId> {
    check_wants(&wants)?;
    let request = HoldRequest { id, wants, by, lasts, key: None };
    match lanes.hold(reseller, request).await? {
        Placed::Fresh(hold, _) => Ok(hold.id),
        Placed::Before(_) => Err(Error::Inconsistent("a hold without a key was answered from a key".to_owned())),
    }
}

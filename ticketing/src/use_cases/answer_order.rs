//! Ends a call that placed an order: reads the order with all that has happened to it, as it stands at one moment, and stores the answer with
//! the call's key. Answers of one reseller that are asked for at the same moment are read and stored together.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use foundation::{
    Cell, Refusal, Result, TenantTx,
    cell::Patience,
    id::{OrderId, ResellerId},
    idempotency::{Key, StoredAnswer, in_use, store_all},
};

use crate::{
    inventory::Inventory,
    rules::{
        order::Order,
        owner::Owners,
        payment::{Dispute, FraudWarning, Payment, Refund},
    },
    store::{disputes, orders, owners, payments, refunds},
    together::{Step, Together, Waiting, take},
};

/// An order with all that has happened to it.
#[derive(Debug)]
pub struct WholeOrder {
    /// The order.
    pub order: Order,
    /// Its payments, first attempt first.
    pub payments: Vec<Payment>,
    /// What went back of it, first first.
    pub refunds: Vec<Refund>,
    /// Its disputes, newest first.
    pub disputes: Vec<Dispute>,
    /// What the provider warns of, newest first.
    pub warnings: Vec<FraudWarning>,
    /// Whose its tickets are now.
    pub owners: Owners,
}

/// Reads what has happened to these orders. Each comes in its turn.
///
/// # Errors
/// The database's.
pub async fn whole(tx: &mut TenantTx, orders: Vec<Order>) -> Result<Vec<WholeOrder>> {
    let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
    let mut payments = by_order(payments::of_orders(tx, &ids).await?, |payment| payment.order);
    let mut refunds = by_order(refunds::of_orders(tx, &ids).await?, |refund| refund.order);
    let mut disputes = by_order(disputes::of_orders(tx, &ids).await?, |dispute| dispute.order);
    let mut warnings = by_order(disputes::warnings_of_orders(tx, &ids).await?, |warning| warning.order);
    let mut owners = owners::of_orders(tx, &ids).await?;
    let whole = |order: Order| WholeOrder {
        payments: payments.remove(&order.id).unwrap_or_default(),
        refunds: refunds.remove(&order.id).unwrap_or_default(),
        disputes: disputes.remove(&order.id).unwrap_or_default(),
        warnings: warnings.remove(&order.id).unwrap_or_default(),
        owners: owners.remove(&order.id).unwrap_or_default(),
        order,
    };
    Ok(orders.into_iter().map(whole).collect())
}

/// Each order's, in the order in which they come.
fn by_order<T>(all: Vec<T>, of: impl Fn(&T) -> OrderId) -> HashMap<OrderId, Vec<T>> {
    let mut by: HashMap<OrderId, Vec<T>> = HashMap::new();
    for one in all {
        by.entry(of(&one)).or_default().push(one);
    }
    by
}

/// How an answer is written.
type Write = Box<dyn Fn(WholeOrder) -> Result<StoredAnswer> + Send + Sync>;

/// An answer to be given.
pub(crate) struct Answering {
    key: Key,
    order: OrderId,
    write: Write,
}

impl fmt::Debug for Answering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answering").field("order", &self.order).finish_non_exhaustive()
    }
}

/// Reads the order, has the answer written, and stores it with the key that the caller has claimed, in a transaction of its own.
///
/// # Errors
/// `not_found`; what writing it says; the database's.
pub async fn answer_order(
    inventory: &Inventory,
    reseller: ResellerId,
    key: Key,
    order: OrderId,
    write: impl Fn(WholeOrder) -> Result<StoredAnswer> + Send + Sync + 'static,
) -> Result<StoredAnswer> {
    take(inventory, reseller, Answering { key, order, write: Box::new(write) }).await
}

impl Step for Answering {
    type Done = StoredAnswer;
    const NAME: &str = "answer";

    /// All is read as it is at one moment, so that no answer tells half of a change.
    async fn begin(cell: &Cell, reseller: ResellerId, patience: Patience) -> Result<TenantTx> {
        cell.moment(reseller, patience).await
    }

    async fn all(_: &Inventory, tx: &mut TenantTx, steps: &[Self]) -> Result<Vec<Result<StoredAnswer, Refusal>>> {
        let found = orders::of_ids(tx, &steps.iter().map(|step| step.order).collect::<Vec<_>>()).await?;
        let mut whole: HashMap<OrderId, WholeOrder> =
            whole(tx, found).await?.into_iter().map(|whole| (whole.order.id, whole)).collect();
        let known: HashSet<OrderId> = whole.keys().copied().collect();
        let mut answers = Vec::with_capacity(steps.len());
        for step in steps {
            answers.push(match whole.remove(&step.order) {
                Some(whole) => Ok((step.write)(whole)?),
                // A second try took the call up when its lease had run out, and both are through.
                None if known.contains(&step.order) => Err(in_use()),
                None => Err(Refusal::missing("order")),
            });
        }
        let written = steps.iter().zip(&answers).filter_map(|(step, answer)| Some((&step.key, answer.as_ref().ok()?)));
        let stored = store_all(tx, &written.collect::<Vec<_>>()).await?;
        let kept = |(answer, step): (Result<StoredAnswer, Refusal>, &Self)| {
            answer.and_then(|answer| if stored.contains(&step.key.text) { Ok(answer) } else { Err(in_use()) })
        };
        Ok(answers.into_iter().zip(steps).map(kept).collect())
    }

    fn waiting(together: &Together) -> &Waiting<Self> {
        &together.answers
    }
}

//! Credit and vouchers in the books: what buyers may still buy with is owed to them until it is redeemed or has expired.

use foundation::{
    Currency,
    id::{CreditId, OrderId},
};
use rust_decimal::Decimal;

use super::{Bearer, Pot, moved, positive};
use crate::rules::{
    about::About,
    account::Account,
    journal::{Journal, NotAJournal},
    source::Source,
};

/// Money that a buyer has with a reseller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credited {
    /// The credit.
    pub credit: CreditId,
    /// Its currency.
    pub currency: Currency,
    /// How much of it is given, redeemed or expires now.
    pub amount: Decimal,
}

impl Credited {
    /// It is given in the place of a refund, of the reseller's money; or as goodwill, of the platform's.
    ///
    /// # Errors
    /// If the amount is not positive or too fine.
    pub fn given(&self, by: Bearer, from: Pot, order: Option<OrderId>) -> Result<Journal, NotAJournal> {
        let source = Source::Credit(self.credit);
        let giver = match by {
            Bearer::Reseller => from.account(),
            Bearer::Platform => Account::ExpGoodwill,
        };
        let lines = moved(giver, Account::VoucherOutstanding, positive(&source, self.amount)?).to_vec();
        Journal::new(source, self.currency, lines, About { order_id: order, ..self.about() })
    }

    /// An order is paid with it, in whole or in part.
    ///
    /// # Errors
    /// If the amount is not positive or too fine.
    pub fn redeemed(&self, order: OrderId) -> Result<Journal, NotAJournal> {
        let source = Source::CreditRedeemed(order, self.credit);
        let amount = positive(&source, self.amount)?;
        let lines = moved(Account::VoucherOutstanding, Account::ResellerPending, amount).to_vec();
        Journal::new(source, self.currency, lines, About { order_id: Some(order), ..self.about() })
    }

    /// What is left of it is nobody's claim any more, where the law allows that: it is the giver's again.
    ///
    /// # Errors
    /// If the amount is not positive or too fine.
    pub fn expired(&self, given_by: Bearer) -> Result<Journal, NotAJournal> {
        let source = Source::CreditExpired(self.credit);
        let giver = match given_by {
            Bearer::Reseller => Account::ResellerAvailable,
            Bearer::Platform => Account::ExpGoodwill,
        };
        let lines = moved(Account::VoucherOutstanding, giver, positive(&source, self.amount)?).to_vec();
        Journal::new(source, self.currency, lines, self.about())
    }

    fn about(&self) -> About {
        About { credit_id: Some(self.credit), ..About::default() }
    }
}

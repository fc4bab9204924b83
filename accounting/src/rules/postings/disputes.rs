//! Disputes in the books. What moves money is the provider's balance transaction, never the word of a state: an inquiry that takes
//! nothing posts nothing, and a dispute for a part, or one that is taken back in parts, posts what was really taken.

use foundation::{
    Currency, Instant,
    id::{DisputeId, OrderId, PaymentId},
};
use rust_decimal::Decimal;

use super::{Bearer, Pot, moved, usable};
use crate::rules::{
    about::About,
    account::Account,
    journal::{Journal, NotAJournal},
    source::Source,
    ticket_tax::TaxBack,
};

/// Money of a payment that a bank has taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disputed {
    /// The dispute.
    pub dispute: DisputeId,
    /// The order.
    pub order: OrderId,
    /// Its payment.
    pub payment: PaymentId,
    /// The currency of both.
    pub currency: Currency,
    /// How much of it the reseller has had.
    pub own: Decimal,
    /// How much is beyond that, because it was given back already or bought nothing. It is nobody's loss until a person has
    /// looked: a provider's fact is never refused.
    pub excess: Decimal,
    /// Of the tax in the prices of the order's tickets, what goes with it as with a refund.
    pub ticket_tax: Decimal,
}

/// A balance transaction of the provider's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderMoney {
    /// What the provider calls it.
    pub name: String,
    /// What the provider takes for it; negative if it gives that back.
    pub fee: Decimal,
    /// When that was, by the provider's clock.
    pub at: Option<Instant>,
}

/// What of an order a bank can still take from the reseller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Takeable {
    /// Of what the reseller has had of the payment.
    pub of_payment: Decimal,
    /// Of the order's price, what was given back in no way.
    pub price: Decimal,
    /// Of the tax in it, what was carried back in no way.
    pub ticket_tax: Decimal,
}

/// The money of a dispute as it now stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DisputedMoney {
    /// How much of it is the reseller's and with the bank, for now or for good.
    pub own: Decimal,
    /// How much more than the reseller has had of the payment the bank has taken.
    pub excess: Decimal,
    /// Of the tax in the prices of the order's tickets, what went with the reseller's part: it was given back to the buyer, by the bank.
    pub ticket_tax: Decimal,
    /// What the provider has taken for the dispute itself.
    pub fee: Decimal,
    /// Whether the loss is in the books.
    pub is_lost: bool,
}

impl DisputedMoney {
    /// What the bank has.
    #[must_use]
    pub fn withdrawn(&self) -> Decimal {
        self.own + self.excess
    }

    /// Applies a balance transaction: `amount` is below zero where the bank takes, and of what it takes at most what is `left` is the
    /// reseller's. The tax goes with the reseller's part, there and back. Gives the journal; none where nothing has moved.
    ///
    /// # Errors
    /// If an amount is too fine, or the provider's name is unusable.
    pub fn moved(
        &mut self,
        of: &Disputed,
        money: &ProviderMoney,
        amount: Decimal,
        left: &mut Takeable,
    ) -> Result<Option<Journal>, NotAJournal> {
        if amount.is_zero() && money.fee.is_zero() {
            return Ok(None);
        }
        self.fee += money.fee;
        let is_taken = amount < Decimal::ZERO;
        let most = if is_taken { left.of_payment.max(Decimal::ZERO) } else { self.own };
        let own = amount.abs().min(most);
        let (of_tax, of_price) = if is_taken { (left.ticket_tax, left.price) } else { (self.ticket_tax, self.own) };
        let tax = TaxBack { left: of_tax, price_left: of_price, amount: own, of_tickets: None };
        let ticket_tax = if own.is_zero() { Decimal::ZERO } else { tax.tax(of.currency) };
        let part = Disputed { own, excess: amount.abs() - own, ticket_tax, ..*of };
        let sign = if is_taken { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
        self.own += sign * own;
        self.excess += sign * part.excess;
        self.ticket_tax += sign * ticket_tax;
        left.of_payment -= sign * own;
        left.price -= sign * own;
        left.ticket_tax -= sign * ticket_tax;
        let journal = match (is_taken, self.is_lost) {
            (true, _) => part.taken(money, Pot::Pending)?,
            (false, true) => part.given_back_after_loss(money, Bearer::Reseller, Pot::Pending)?,
            (false, false) => part.given_back(money, Pot::Pending)?,
        };
        Ok(Some(match money.at {
            Some(at) => journal.effective(at),
            None => journal,
        }))
    }

    /// The bank has decided for the buyer. Gives the journal; none if that is in the books already, or no money was taken.
    ///
    /// # Errors
    /// If an amount is too fine.
    pub fn lost(&mut self, of: &Disputed) -> Result<Option<Journal>, NotAJournal> {
        if self.is_lost || self.withdrawn().is_zero() {
            return Ok(None);
        }
        self.is_lost = true;
        Disputed { own: self.own, excess: self.excess, ticket_tax: Decimal::ZERO, ..*of }
            .lost(Bearer::Reseller, Pot::Pending)
            .map(Some)
    }
}

impl Disputed {
    /// The bank has taken the money: it is held until the bank has decided.
    ///
    /// # Errors
    /// If an amount is negative or too fine, or the provider's name is unusable.
    pub fn taken(&self, money: &ProviderMoney, from: Pot) -> Result<Journal, NotAJournal> {
        let source = Source::DisputeMoney(money.name.clone());
        let whole = self.whole(&source)?;
        let mut lines = moved(Account::PspDisputeHold, Account::PspClearing, whole).to_vec();
        lines.extend(moved(from.account(), Account::ResellerDisputeReserve, self.own));
        lines.extend(moved(from.account(), Account::PspClearing, money.fee));
        usable(&source, &money.name)?;
        Journal::new(source, self.currency, lines, self.about(self.ticket_tax, money.fee))
    }

    /// The bank has given it back.
    ///
    /// # Errors
    /// As [`Self::taken`].
    pub fn given_back(&self, money: &ProviderMoney, to: Pot) -> Result<Journal, NotAJournal> {
        let source = Source::DisputeMoney(money.name.clone());
        let whole = self.whole(&source)?;
        let mut lines = moved(Account::PspClearing, Account::PspDisputeHold, whole).to_vec();
        lines.extend(moved(Account::ResellerDisputeReserve, to.account(), self.own));
        lines.extend(moved(to.account(), Account::PspClearing, money.fee));
        usable(&source, &money.name)?;
        Journal::new(source, self.currency, lines, self.about(-self.ticket_tax, money.fee))
    }

    /// The bank has decided for the buyer.
    ///
    /// # Errors
    /// If an amount is negative or too fine.
    pub fn lost(&self, bearer: Bearer, pot: Pot) -> Result<Journal, NotAJournal> {
        let source = Source::DisputeLost(self.dispute);
        self.whole(&source)?;
        let mut lines = moved(Account::ResellerDisputeReserve, Account::PspDisputeHold, self.own).to_vec();
        lines.extend(moved(Account::Suspense, Account::PspDisputeHold, self.excess));
        if bearer == Bearer::Platform {
            lines.extend(moved(Account::ExpDisputeLoss, pot.account(), self.own));
        }
        Journal::new(source, self.currency, lines, self.about(Decimal::ZERO, Decimal::ZERO))
    }

    /// The bank has given back what was lost, months later as it may be.
    ///
    /// # Errors
    /// As [`Self::taken`].
    pub fn given_back_after_loss(
        &self,
        money: &ProviderMoney,
        bearer: Bearer,
        to: Pot,
    ) -> Result<Journal, NotAJournal> {
        let source = Source::DisputeMoney(money.name.clone());
        self.whole(&source)?;
        let winner = match bearer {
            Bearer::Reseller => to.account(),
            Bearer::Platform => Account::ExpDisputeLoss,
        };
        let mut lines = moved(Account::PspClearing, winner, self.own).to_vec();
        lines.extend(moved(Account::PspClearing, Account::Suspense, self.excess));
        lines.extend(moved(to.account(), Account::PspClearing, money.fee));
        usable(&source, &money.name)?;
        Journal::new(source, self.currency, lines, self.about(-self.ticket_tax, money.fee))
    }

    fn whole(&self, source: &Source) -> Result<Decimal, NotAJournal> {
        if self.own < Decimal::ZERO || self.excess < Decimal::ZERO {
            return Err(NotAJournal::Contradiction(source.clone(), "a bank takes or gives back less than nothing"));
        }
        Ok(self.own + self.excess)
    }

    /// With the tax that it carries back, below zero what comes again, and the provider's fee.
    fn about(&self, tax_returned: Decimal, provider_fee: Decimal) -> About {
        About {
            dispute_id: Some(self.dispute),
            payment_id: Some(self.payment),
            tax_returned: self.currency.round(tax_returned),
            provider_fee: self.currency.round(provider_fee),
            ..About::order(self.order)
        }
    }
}

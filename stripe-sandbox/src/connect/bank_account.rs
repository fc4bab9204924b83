//! The bank accounts of a connected account.

use serde_json::{Value, json};

use crate::book::{Book, Context};
use crate::error::Error;
use crate::ids;
use crate::metadata;
use crate::objects::bank_account::{BankAccount, PayoutFailure, by_number};
use crate::params::Params;
use crate::payments::create::currency;

/// A bank account as it was sent. Its number was looked up and goes no further.
#[derive(Debug)]
pub(crate) struct NewBankAccount {
    country: String,
    currency: String,
    failure: Option<PayoutFailure>,
    holder_name: Option<String>,
    holder_type: Option<String>,
    last4: String,
    routing_number: Option<String>,
}

impl NewBankAccount {
    /// Reads the fields of `external_account[…]`.
    pub(crate) fn parse(mut fields: Params) -> Result<Self, Error> {
        if fields.required("object")? != "bank_account" {
            let message = "This sandbox has bank accounts only.";
            return Err(Error::parameter("parameter_invalid", message, "external_account[object]"));
        }
        let number = fields.required("account_number")?;
        let country = fields.required("country")?;
        let currency = currency(&fields.required("currency")?)?;
        let new = Self::new(&number, &country, &currency, fields.filled("account_holder_name")?)?;
        let new = Self {
            holder_type: fields.filled("account_holder_type")?,
            routing_number: fields.filled("routing_number")?,
            ..new
        };
        fields.ignore(&["account_type"]);
        fields.finish()?;
        Ok(new)
    }

    /// The account with this number.
    pub(crate) fn new(number: &str, country: &str, currency: &str, holder_name: Option<String>) -> Result<Self, Error> {
        let number: String = number.chars().filter(|c| !c.is_whitespace()).collect();
        let Some(failure) = by_number(&number.to_uppercase()) else {
            let message = "You must use a test bank account number in test mode. Try 000123456789 or DE89370400440532013000, or see more options at https://docs.stripe.com/connect/testing#account-numbers.";
            return Err(Error::parameter("account_number_invalid", message, "external_account[account_number]"));
        };
        Ok(Self {
            country: country.to_uppercase(),
            currency: currency.to_owned(),
            failure,
            holder_name,
            holder_type: None,
            last4: number.get(number.len().saturating_sub(4)..).unwrap_or_default().to_owned(),
            routing_number: None,
        })
    }
}

impl Book {
    /// Keeps the bank account in this account's own book; the first in its currency becomes the default.
    pub(super) fn add_bank_account(&mut self, context: &Context, new: NewBankAccount) -> BankAccount {
        let others = self.bank_accounts.rows();
        let is_first = !others.iter().any(|other| !other.deleted && other.currency == new.currency);
        let bank = BankAccount {
            id: ids::fresh("ba"),
            country: new.country,
            created: context.now(),
            currency: new.currency,
            default_for_currency: is_first,
            deleted: false,
            failure: new.failure,
            holder_name: new.holder_name,
            holder_type: new.holder_type,
            last4: new.last4,
            metadata: metadata::Metadata::new(),
            routing_number: new.routing_number,
        };
        self.put_bank_account(bank.clone());
        bank
    }

    /// The bank account with this id of the connected account.
    pub(crate) fn bank_account_of(&self, account: &str, id: &str) -> Result<&BankAccount, Error> {
        self.connected_account(account, "account")?;
        let found = self.bank_accounts_of(account).find(|bank| bank.id == id);
        found.ok_or_else(|| Error::no_such("external account", id, "external_account"))
    }

    pub(crate) fn create_bank_account(
        &mut self,
        context: &Context,
        account: &str,
        new: NewBankAccount,
        is_default: bool,
    ) -> Result<Value, Error> {
        let before = self.account_json(self.connected_account(account, "account")?);
        let json = self.within(account, |book| {
            let mut bank = book.add_bank_account(context, new);
            if is_default {
                bank = book.make_default(bank);
            }
            let json = bank.to_json(Some(account));
            book.emit(context, "account.external_account.created", &json, None);
            json
        });
        self.tell_account(context, account, &before)?;
        Ok(json)
    }

    pub(crate) fn update_bank_account(
        &mut self,
        context: &Context,
        account: &str,
        id: &str,
        is_default: bool,
        change: Option<&metadata::Change>,
    ) -> Result<Value, Error> {
        let mut bank = self.bank_account_of(account, id)?.clone();
        if let Some(change) = change {
            change.apply(&mut bank.metadata)?;
        }
        Ok(self.within(account, |book| {
            book.put_bank_account(bank.clone());
            if is_default {
                bank = book.make_default(bank);
            }
            let json = bank.to_json(Some(account));
            book.emit(context, "account.external_account.updated", &json, None);
            json
        }))
    }

    /// Takes the bank account away; a default only if it is the last of its currency.
    pub(crate) fn delete_bank_account(&mut self, context: &Context, account: &str, id: &str) -> Result<Value, Error> {
        let mut bank = self.bank_account_of(account, id)?.clone();
        let has_others = self.bank_accounts_of(account).any(|other| other.id != id && other.currency == bank.currency);
        if bank.default_for_currency && has_others {
            let message = "You cannot delete the default external account for your default currency. Please make another external account the default using the `default_for_currency` param, and then delete this one.";
            return Err(Error::refused(message));
        }
        let before = self.account_json(self.connected_account(account, "account")?);
        self.within(account, |book| {
            let json = bank.to_json(Some(account));
            bank.deleted = true;
            book.put_bank_account(bank);
            book.emit(context, "account.external_account.deleted", &json, None);
        });
        self.tell_account(context, account, &before)?;
        Ok(json!({"id": id, "object": "bank_account", "deleted": true}))
    }

    fn make_default(&mut self, mut bank: BankAccount) -> BankAccount {
        let others = self.bank_accounts.rows().iter();
        let others: Vec<BankAccount> =
            others.filter(|other| other.default_for_currency && other.currency == bank.currency).cloned().collect();
        for other in others {
            self.put_bank_account(BankAccount { default_for_currency: false, ..other });
        }
        bank.default_for_currency = true;
        self.put_bank_account(bank.clone());
        bank
    }
}

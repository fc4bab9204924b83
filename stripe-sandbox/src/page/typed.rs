//! What a buyer types into a payment form, and the payment method it means.

use serde::Deserialize;

use crate::error::Error;
use crate::objects::payment_method::Billing;
use crate::payments::instrument::Instrument;

/// The fields of a payment form: of a card, or of a bank account. It has no `Debug`, so that a card number cannot be logged by
/// accident.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    number: String,
    #[serde(default)]
    expiry: String,
    #[serde(default)]
    cvc: String,
    iban: Option<String>,
    pub(super) name: String,
    pub(super) email: Option<String>,
}

impl Typed {
    /// The payment method. Its email address is the one that was typed, or else `email`.
    pub(super) fn instrument(&self, email: Option<&str>) -> Result<Instrument, Error> {
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let billing = Billing {
            name: filled(&self.name),
            email: self.email.as_deref().or(email).and_then(filled),
            ..Billing::default()
        };
        if let Some(iban) = &self.iban {
            return Instrument::debit(iban, billing);
        }
        let (month, year) = self.expiry.split_once('/').unwrap_or_else(|| {
            let middle = self.expiry.len().min(2);
            self.expiry.split_at_checked(middle).unwrap_or_default()
        });
        Instrument::card(&self.number, month, year, Some(self.cvc.trim()), billing)
    }
}

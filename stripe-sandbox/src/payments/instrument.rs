//! What the buyer pays with: an id of a payment method, a test token, or the fields of a card.

use crate::bank_accounts::{self, TestAccount};
use crate::book::{Book, Context};
use crate::cards::{self, TestCard};
use crate::decline::Decline;
use crate::error::Error;
use crate::objects::payment_method::{Billing, PaymentMethod};
use crate::params::Params;

/// The expiry that a test token's card has: far off.
const TOKEN_EXPIRY: (u8, u16) = (12, 2040);

/// The furthest expiry that is believed, in years from now.
const LONGEST_VALIDITY: i64 = 50;

/// What to pay with, as the request names it.
#[derive(Debug)]
pub(crate) enum Instrument {
    /// `pm_…`, kept or a test token.
    Named(String),
    /// A card's own fields, already looked up.
    Card { card: &'static TestCard, expiry: (u8, u16), billing: Billing },
    /// A test token with the buyer's details, as `payment_method_data[card][token]`.
    Token { card: &'static TestCard, billing: Billing },
    /// A bank account, already looked up.
    Debit { account: TestAccount, billing: Billing },
}

impl Instrument {
    /// Reads `payment_method` or `payment_method_data`.
    pub(crate) fn parse(params: &mut Params) -> Result<Option<Self>, Error> {
        let named = params.filled("payment_method")?;
        match (named, params.nested("payment_method_data")?) {
            (Some(id), None) => Ok(Some(Self::Named(id))),
            (None, Some(data)) => Self::parse_data(data).map(Some),
            (None, None) => Ok(None),
            (Some(_), Some(_)) => {
                let message = "You cannot provide both `payment_method` and `payment_method_data`.";
                Err(Error::parameter("parameter_invalid", message, "payment_method_data"))
            }
        }
    }

    /// Reads `type`, `card[…]` or `sepa_debit[…]`, and `billing_details[…]`.
    pub(crate) fn parse_data(mut data: Params) -> Result<Self, Error> {
        let kind = data.required("type")?;
        let billing = billing(&mut data)?.unwrap_or_default();
        data.ignore(&[
            "allow_redisplay",
            "radar_options",
            "guid",
            "muid",
            "sid",
            "pasted_fields",
            "payment_user_agent",
            "referrer",
            "time_on_page",
            "client_attribution_metadata",
        ]);
        let fields = data.nested(&kind)?.ok_or_else(|| Error::missing_parameter(&kind))?;
        data.finish()?;
        match kind.as_str() {
            "card" => Self::parse_card(fields, billing),
            "sepa_debit" => Self::parse_debit(fields, billing),
            _ => {
                let message = format!("This sandbox has no payment method of type {kind}.");
                Err(Error::parameter("parameter_invalid", &message, "type"))
            }
        }
    }

    fn parse_debit(mut fields: Params, billing: Billing) -> Result<Self, Error> {
        let iban = fields.required("iban")?;
        fields.finish()?;
        for (field, name) in [(&billing.name, "name"), (&billing.email, "email")] {
            if field.is_none() {
                return Err(Error::missing_parameter(&format!("billing_details[{name}]")));
            }
        }
        Self::debit(&iban, billing)
    }

    /// A bank account as the buyer typed it. The IBAN is looked up here and goes no further.
    pub(crate) fn debit(iban: &str, billing: Billing) -> Result<Self, Error> {
        let account = bank_accounts::by_iban(iban);
        let account = account.ok_or_else(|| Error::method_input(Decline::InvalidIban, "sepa_debit[iban]"))?;
        Ok(Self::Debit { account, billing })
    }

    fn parse_card(mut fields: Params, billing: Billing) -> Result<Self, Error> {
        if let Some(token) = fields.filled("token")? {
            fields.finish()?;
            let card = cards::by_token(&token).ok_or_else(|| Error::no_such("token", &token, "card[token]"))?;
            return Ok(Self::Token { card, billing });
        }
        let number = fields.required("number")?;
        let month = fields.required("exp_month")?;
        let year = fields.required("exp_year")?;
        let code = fields.string("cvc")?;
        fields.ignore(&["networks"]);
        fields.finish()?;
        Self::card(&number, &month, &year, code.as_deref(), billing)
    }

    /// A card as the buyer typed it. The number is looked up here and goes no further.
    pub(crate) fn card(
        number: &str,
        month: &str,
        year: &str,
        code: Option<&str>,
        billing: Billing,
    ) -> Result<Self, Error> {
        let digits: String = number.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        // A real card may have been typed: it is refused at once, and nothing of it is kept.
        let card = cards::by_number(&digits).map_err(|decline| Error::method_input(decline, "number"))?;
        let month = month.trim().parse().ok().filter(|month| (1..=12).contains(month));
        let month: u8 = month.ok_or_else(|| Error::method_input(Decline::InvalidMonth, "exp_month"))?;
        let year = year.trim().parse().ok().map(|year: u16| if year < 100 { 2000 + year } else { year });
        let year = year.ok_or_else(|| Error::method_input(Decline::InvalidYear, "exp_year"))?;
        if code.is_some_and(|code| !(3..=4).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(Error::method_input(Decline::InvalidCvc, "cvc"));
        }
        Ok(Self::Card { card, expiry: (month, year), billing })
    }
}

impl Book {
    /// The payment method that is meant; a new one where the request describes one.
    pub(crate) fn resolve(&self, context: &Context, instrument: Instrument) -> Result<PaymentMethod, Error> {
        let now = context.now();
        match instrument {
            Instrument::Card { card, expiry, billing } => {
                check_expiry(expiry, now)?;
                Ok(PaymentMethod::of_card(card, expiry, billing, now))
            }
            Instrument::Token { card, billing } => Ok(PaymentMethod::of_card(card, TOKEN_EXPIRY, billing, now)),
            Instrument::Debit { account, billing } => Ok(PaymentMethod::of_bank_account(&account, billing, now)),
            Instrument::Named(id) => {
                if let Some(kept) = self.methods.get(&id) {
                    return Ok(kept.clone());
                }
                let card = cards::by_token(&id).filter(|_| id.starts_with("pm_card_"));
                let card = card.map(|card| PaymentMethod::of_card(card, TOKEN_EXPIRY, Billing::default(), now));
                let named = card.or_else(|| {
                    let account = bank_accounts::by_name(&id)?;
                    Some(PaymentMethod::of_bank_account(&account, Billing::default(), now))
                });
                named.ok_or_else(|| Error::no_such("PaymentMethod", &id, "payment_method"))
            }
        }
    }
}

fn check_expiry((month, year): (u8, u16), now: i64) -> Result<(), Error> {
    let (this_year, this_month) = time::OffsetDateTime::from_unix_timestamp(now)
        .map(|today| (i64::from(today.year()), u8::from(today.month())))
        .unwrap_or((1970, 1));
    let year = i64::from(year);
    if year < this_year || year > this_year + LONGEST_VALIDITY {
        return Err(Error::method_input(Decline::InvalidYear, "exp_year"));
    }
    if year == this_year && month < this_month {
        return Err(Error::method_input(Decline::InvalidMonth, "exp_month"));
    }
    Ok(())
}

/// Reads `billing_details[…]`.
pub(crate) fn billing(params: &mut Params) -> Result<Option<Billing>, Error> {
    let Some(mut details) = params.nested("billing_details")? else {
        return Ok(None);
    };
    let text = |params: &mut Params, name| params.string(name).map(|text| text.filter(|text| !text.is_empty()));
    let mut billing = Billing {
        name: text(&mut details, "name")?,
        email: text(&mut details, "email")?,
        phone: text(&mut details, "phone")?,
        ..Billing::default()
    };
    if let Some(mut address) = details.nested("address")? {
        billing.city = text(&mut address, "city")?;
        billing.country = text(&mut address, "country")?;
        billing.line1 = text(&mut address, "line1")?;
        billing.line2 = text(&mut address, "line2")?;
        billing.postal_code = text(&mut address, "postal_code")?;
        billing.state = text(&mut address, "state")?;
        address.finish()?;
    }
    details.ignore(&["tax_id"]);
    details.finish()?;
    Ok(Some(billing))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21.
    const NOW: i64 = 1_795_219_200;

    #[test]
    fn a_card_is_good_to_the_end_of_its_month() {
        assert!(check_expiry((11, 2026), NOW).is_ok());
        assert!(check_expiry((10, 2026), NOW).is_err());
        assert!(check_expiry((12, 2025), NOW).is_err());
        assert!(check_expiry((1, 2100), NOW).is_err());
    }

    #[test]
    fn typed_cards_are_checked_field_by_field() {
        let typed = |number, month, year, code| Instrument::card(number, month, year, Some(code), Billing::default());
        assert!(typed("4242 4242 4242 4242", "12", "34", "123").is_ok());
        assert_eq!(typed("4242", "12", "34", "123").unwrap_err().message(), "Your card number is incorrect.");
        assert_eq!(
            typed("4242424242424242", "13", "34", "123").unwrap_err().message(),
            "Your card's expiration month is invalid."
        );
        assert_eq!(
            typed("4242424242424242", "12", "x", "123").unwrap_err().message(),
            "Your card's expiration year is invalid."
        );
        assert_eq!(
            typed("4242424242424242", "12", "34", "1").unwrap_err().message(),
            "Your card's security code is invalid."
        );
    }
}

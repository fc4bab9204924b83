//! What a reseller tells about itself when its account is opened.

use foundation::{Currency, Refusal, refusal::FieldErrors};

use super::fields;

/// An account as its form was filled in: nothing of it is known to be right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountForm {
    /// What the reseller calls itself.
    pub name: String,
    /// Where to write to it.
    pub email: String,
    /// Where it is established (ISO 3166-1, two letters).
    pub country: String,
    /// What it sells and is paid in (ISO 4217).
    pub currency: String,
    /// The name on its invoices.
    pub legal_name: String,
    /// The address on its invoices.
    pub address: String,
    /// Its VAT or other tax number, if it has one.
    pub tax_id: Option<String>,
}

/// An account that can be opened: its fields keep the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    form: AccountForm,
    currency: Currency,
}

impl NewAccount {
    /// Reads a form.
    ///
    /// # Errors
    /// `invalid_field`, naming all that is wrong.
    pub fn parse(form: AccountForm) -> Result<Self, Refusal> {
        let mut wrong = FieldErrors::default();
        fields::name(&mut wrong, "/name", &form.name);
        fields::email(&mut wrong, "/email", &form.email);
        fields::country(&mut wrong, &form.country);
        fields::name(&mut wrong, "/legal_name", &form.legal_name);
        fields::address(&mut wrong, &form.address);
        fields::tax_id(&mut wrong, form.tax_id.as_deref());
        let currency = form.currency.parse::<Currency>();
        if let Err(refused) = &currency {
            wrong.check(false, "/currency", refused.to_string());
        }
        wrong.done()?;
        let currency = currency.map_err(|refused| Refusal::field("/currency", refused.to_string()))?;
        Ok(Self { form, currency })
    }

    /// The fields as they were given.
    pub(crate) fn form(&self) -> &AccountForm {
        &self.form
    }

    /// What it sells and is paid in.
    pub(crate) fn currency(&self) -> Currency {
        self.currency
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> AccountForm {
        AccountForm {
            name: "Stadium".to_owned(),
            email: "office@stadium.example".to_owned(),
            country: "NL".to_owned(),
            currency: "EUR".to_owned(),
            legal_name: "Stadium BV".to_owned(),
            address: "Street 1\n1000 AA Amsterdam".to_owned(),
            tax_id: None,
        }
    }

    #[test]
    fn a_good_form_is_taken_as_it_is() {
        let account = NewAccount::parse(form()).unwrap();
        assert_eq!((account.form(), account.currency().code()), (&form(), "EUR"));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = AccountForm { tax_id: Some(String::new()), ..AccountForm::default() };
        let refusal = NewAccount::parse(wrong).unwrap_err();
        let named: Vec<_> = refusal.errors.iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(named, ["/name", "/email", "/country", "/legal_name", "/address", "/tax_id", "/currency"]);
    }

    #[test]
    fn what_a_table_or_a_letter_cannot_carry_is_refused() {
        let wrong = |change: fn(&mut AccountForm)| {
            let mut form = form();
            change(&mut form);
            NewAccount::parse(form).map_err(|refusal| refusal.errors.into_iter().map(|e| e.pointer).collect::<Vec<_>>())
        };
        assert_eq!(wrong(|f| f.name = "a\0b".to_owned()).unwrap_err(), ["/name"]);
        assert_eq!(wrong(|f| f.name = "é".repeat(101)).unwrap_err(), ["/name"]);
        assert!(wrong(|f| f.name = "é".repeat(100)).is_ok());
        for email in ["a@b", "@b.example", "a@@b.example", "a b@c.example", "a@.example", "a@b.example\n"] {
            let mut form = form();
            form.email = email.to_owned();
            assert!(NewAccount::parse(form).is_err(), "{email}");
        }
        assert_eq!(wrong(|f| f.country = "nl".to_owned()).unwrap_err(), ["/country"]);
        assert_eq!(wrong(|f| f.currency = "XAU".to_owned()).unwrap_err(), ["/currency"]);
        assert_eq!(wrong(|f| f.address = "Street\u{7}".to_owned()).unwrap_err(), ["/address"]);
    }
}

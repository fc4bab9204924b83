//! A reseller's environment and what may change about it.

use foundation::{
    Currency, Instant, Mode, Refusal,
    id::{AccountId, ResellerId},
    refusal::FieldErrors,
};

use super::fields;

/// Whether an environment is served.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ResellerState {
    /// It is.
    Active,
    /// Its keys are refused, by an operator's act.
    Suspended,
}

/// One environment of a reseller's account: the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reseller {
    /// Its id.
    pub id: ResellerId,
    /// The account it is an environment of.
    pub account: AccountId,
    /// Which of the two.
    pub mode: Mode,
    /// Whether it is served.
    pub state: ResellerState,
    /// What the reseller calls itself.
    pub name: String,
    /// Where to write to it.
    pub email: String,
    /// Where it is established (ISO 3166-1, two letters).
    pub country: String,
    /// What it sells and is paid in.
    pub currency: Currency,
    /// The name on its invoices.
    pub legal_name: String,
    /// The address on its invoices.
    pub address: String,
    /// Its VAT or other tax number, if it has one.
    pub tax_id: Option<String>,
    /// Raised by every change.
    pub version: i64,
    /// When the account was opened.
    pub created_at: Instant,
}

/// What to change; what is not said stays. Country and currency stay for good: the books are kept in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResellerChanges {
    /// What the reseller calls itself.
    pub name: Option<String>,
    /// Where to write to it.
    pub email: Option<String>,
    /// The name on its invoices.
    pub legal_name: Option<String>,
    /// The address on its invoices.
    pub address: Option<String>,
    /// Its tax number; `Some(None)` takes it away.
    pub tax_id: Option<Option<String>>,
}

impl ResellerChanges {
    /// The reseller as it will be, its version not yet raised.
    ///
    /// # Errors
    /// `invalid_field`, naming all that is wrong.
    pub(crate) fn apply(&self, to: &Reseller) -> Result<Reseller, Refusal> {
        let changed = |new: &Option<String>, old: &String| new.as_ref().unwrap_or(old).clone();
        let after = Reseller {
            name: changed(&self.name, &to.name),
            email: changed(&self.email, &to.email),
            legal_name: changed(&self.legal_name, &to.legal_name),
            address: changed(&self.address, &to.address),
            tax_id: self.tax_id.as_ref().unwrap_or(&to.tax_id).clone(),
            ..to.clone()
        };
        let mut wrong = FieldErrors::default();
        fields::name(&mut wrong, "/name", &after.name);
        fields::email(&mut wrong, &after.email);
        fields::name(&mut wrong, "/legal_name", &after.legal_name);
        fields::address(&mut wrong, &after.address);
        fields::tax_id(&mut wrong, after.tax_id.as_deref());
        wrong.done()?;
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reseller() -> Reseller {
        Reseller {
            id: ResellerId::new(),
            account: AccountId::new(),
            mode: Mode::Live,
            state: ResellerState::Active,
            name: "Stadium".to_owned(),
            email: "office@stadium.example".to_owned(),
            country: "NL".to_owned(),
            currency: "EUR".parse().unwrap(),
            legal_name: "Stadium BV".to_owned(),
            address: "Street 1".to_owned(),
            tax_id: Some("NL1".to_owned()),
            version: 3,
            created_at: Instant::LONG_AGO,
        }
    }

    #[test]
    fn what_is_not_said_stays() {
        let before = reseller();
        assert_eq!(ResellerChanges::default().apply(&before).unwrap(), before);
        let changes =
            ResellerChanges { name: Some("Arena".to_owned()), tax_id: Some(None), ..ResellerChanges::default() };
        assert_eq!(changes.apply(&before).unwrap(), Reseller { name: "Arena".to_owned(), tax_id: None, ..before });
    }

    #[test]
    fn a_change_keeps_the_rules_of_the_form() {
        let changes = ResellerChanges {
            name: Some(String::new()),
            email: Some("nobody".to_owned()),
            tax_id: Some(Some(String::new())),
            ..ResellerChanges::default()
        };
        let refusal = changes.apply(&reseller()).unwrap_err();
        let named: Vec<_> = refusal.errors.iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(named, ["/name", "/email", "/tax_id"]);
    }
}

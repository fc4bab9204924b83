//! A reseller's environment and what may change about it.

use std::ops::RangeInclusive;

use foundation::{
    Currency, Instant, Mode, Refusal,
    id::{AccountId, ResellerId},
    refusal::FieldErrors,
};

use super::{
    fields,
    mail::{Mail, MailChanges},
};

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

/// How many days after its end a performance may be archived, at the earliest and at the latest.
const ARCHIVE_AFTER_DAYS: RangeInclusive<i32> = 1..=3650;

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
    /// How many days after its end a performance is archived.
    pub archive_after_days: i32,
    /// How it writes to its buyers.
    pub mail: Mail,
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
    /// How many days after its end a performance is archived.
    pub archive_after_days: Option<i32>,
    /// How it writes to its buyers.
    pub mail: MailChanges,
}

impl ResellerChanges {
    /// The reseller as it will be, its version not yet raised.
    ///
    /// # Errors
    /// `invalid_field`, naming all that is wrong.
    pub(crate) fn apply(&self, to: &Reseller) -> Result<Reseller, Refusal> {
        let changed = |new: &Option<String>, old: &String| new.as_ref().unwrap_or(old).clone();
        let mut wrong = FieldErrors::default();
        let after = Reseller {
            name: changed(&self.name, &to.name),
            email: changed(&self.email, &to.email),
            legal_name: changed(&self.legal_name, &to.legal_name),
            address: changed(&self.address, &to.address),
            tax_id: self.tax_id.as_ref().unwrap_or(&to.tax_id).clone(),
            archive_after_days: self.archive_after_days.unwrap_or(to.archive_after_days),
            mail: self.mail.apply(&to.mail, &mut wrong),
            ..to.clone()
        };
        fields::name(&mut wrong, "/name", &after.name);
        fields::email(&mut wrong, "/email", &after.email);
        fields::name(&mut wrong, "/legal_name", &after.legal_name);
        fields::address(&mut wrong, &after.address);
        fields::tax_id(&mut wrong, after.tax_id.as_deref());
        let days = ARCHIVE_AFTER_DAYS.contains(&after.archive_after_days);
        wrong.check(days, "/archive_after_days", "must be 1 to 3650");
        wrong.done()?;
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use foundation::mail::Language;

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
            archive_after_days: 30,
            mail: Mail {
                enabled: true,
                sender_name: None,
                reply_to: None,
                language: Language::En,
                ticket_url: None,
                waiting_url: None,
            },
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
            archive_after_days: Some(0),
            ..ResellerChanges::default()
        };
        let refusal = changes.apply(&reseller()).unwrap_err();
        let named: Vec<_> = refusal.errors.iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(named, ["/name", "/email", "/tax_id", "/archive_after_days"]);
    }

    #[test]
    fn mail_changes_by_its_parts_and_every_slip_is_named() {
        let before = reseller();
        let mail = MailChanges {
            enabled: Some(false),
            reply_to: Some(Some("help@stadium.example".to_owned())),
            language: Some(Language::Nl),
            ticket_url: Some(Some("https://stadium.example/{order_id}/{item_no}".to_owned())),
            waiting_url: Some(Some("https://stadium.example/{performance_id}/{entry_id}".to_owned())),
            ..MailChanges::default()
        };
        let after = ResellerChanges { mail, ..ResellerChanges::default() }.apply(&before).unwrap();
        assert_eq!((after.mail.enabled, after.mail.language), (false, Language::Nl));
        let mail = MailChanges { reply_to: Some(None), ..MailChanges::default() };
        let later = ResellerChanges { mail, ..ResellerChanges::default() }.apply(&after).unwrap();
        assert_eq!(later.mail, Mail { reply_to: None, ..after.mail });

        let mail = MailChanges {
            sender_name: Some(Some("Stadium\r\nBcc: everyone@example.com".to_owned())),
            reply_to: Some(Some("help@stadium.example\nBcc: x@example.com".to_owned())),
            ticket_url: Some(Some("http://stadium.example".to_owned())),
            waiting_url: Some(Some("http://stadium.example".to_owned())),
            ..MailChanges::default()
        };
        let refusal = ResellerChanges { mail, ..ResellerChanges::default() }.apply(&before).unwrap_err();
        let mut named: Vec<_> = refusal.errors.iter().map(|e| e.pointer.as_str()).collect();
        named.sort_unstable();
        assert_eq!(named, ["/mail/reply_to", "/mail/sender_name", "/mail/ticket_url", "/mail/waiting_url"]);
    }
}

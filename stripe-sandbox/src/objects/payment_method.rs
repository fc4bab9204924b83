//! The payment method: what is kept of a card or bank account. Never its number, its security code or anything they could be computed from.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::bank_accounts::TestAccount;
use crate::behaviour::{Authentication, Behaviour, Pace};
use crate::cards::TestCard;
use crate::ids;
use crate::metadata::Metadata;
use crate::table::Row;

/// A payment method as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) details: Details,
    pub(crate) behaviour: Behaviour,
    pub(crate) authentication: Authentication,
    pub(crate) pace: Pace,
    pub(crate) billing: Billing,
    pub(crate) metadata: Metadata,
    /// Whose it is; only then can it be used more than once.
    pub(crate) customer: Option<String>,
    /// The buyer agreed that it is charged without them.
    pub(crate) set_up: bool,
    /// It was paid with, or taken from its customer, and cannot be used again.
    pub(crate) spent: bool,
}

/// What it is, and what is kept of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Details {
    Card(Card),
    SepaDebit(BankAccount),
}

/// A card as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Card {
    pub(crate) brand: String,
    pub(crate) funding: String,
    pub(crate) country: String,
    pub(crate) last4: String,
    pub(crate) exp_month: u8,
    pub(crate) exp_year: u16,
}

/// A bank account as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BankAccount {
    pub(crate) country: String,
    pub(crate) bank_code: String,
    pub(crate) last4: String,
}

/// Who pays, as far as the buyer said.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Billing {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) line1: Option<String>,
    pub(crate) line2: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) state: Option<String>,
}

impl Row for PaymentMethod {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl PaymentMethod {
    /// What is kept of `card`, used at `now` (seconds), valid to the end of the month (`exp_month`, `exp_year`).
    pub(crate) fn of_card(card: &TestCard, (exp_month, exp_year): (u8, u16), billing: Billing, now: i64) -> Self {
        let details = Details::Card(Card {
            brand: card.brand.to_owned(),
            funding: card.funding.to_owned(),
            country: card.country.to_owned(),
            last4: last4(card.number),
            exp_month,
            exp_year,
        });
        Self {
            behaviour: card.behaviour,
            authentication: card.authentication,
            pace: card.pace,
            ..Self::new(details, billing, now)
        }
    }

    /// What is kept of a bank account, used at `now` (seconds).
    pub(crate) fn of_bank_account(account: &TestAccount, billing: Billing, now: i64) -> Self {
        let details = Details::SepaDebit(BankAccount {
            country: account.iban.get(..2).unwrap_or_default().to_owned(),
            bank_code: account.iban.get(4..9).unwrap_or_default().to_owned(),
            last4: last4(account.iban),
        });
        Self { behaviour: account.behaviour, pace: account.pace, ..Self::new(details, billing, now) }
    }

    /// The card's brand.
    pub(crate) fn brand(&self) -> Option<&str> {
        match &self.details {
            Details::Card(card) => Some(&card.brand),
            Details::SepaDebit(_) => None,
        }
    }

    fn new(details: Details, billing: Billing, created: i64) -> Self {
        Self {
            id: ids::fresh("pm"),
            created,
            details,
            behaviour: Behaviour::Approves,
            authentication: Authentication::Never,
            pace: Pace::AtOnce,
            billing,
            metadata: Metadata::new(),
            customer: None,
            set_up: false,
            spent: false,
        }
    }

    /// Stripe's `type`.
    pub(crate) fn kind(&self) -> &'static str {
        match self.details {
            Details::Card(_) => "card",
            Details::SepaDebit(_) => "sepa_debit",
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let details = match &self.details {
            Details::Card(card) => card.to_json(),
            Details::SepaDebit(account) => account.to_json(),
        };
        let mut json = json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": self.billing.to_json(),
            "created": self.created,
            "customer": self.customer,
            "customer_account": null,
            "livemode": false,
            "metadata": self.metadata,
            "type": self.kind(),
        });
        json[self.kind()] = details;
        json
    }
}

fn last4(number: &str) -> String {
    number.get(number.len().saturating_sub(4)..).unwrap_or_default().to_owned()
}

/// The same for the same kind of card or account. It is not made from the number, which could be found by trying.
fn fingerprint(parts: &[&str]) -> String {
    hex::encode(Sha256::digest(parts.join("/"))).chars().take(16).collect()
}

impl Card {
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&[&self.brand, &self.funding, &self.country, &self.last4])
    }

    /// The result of the security code check, for the charge as for the method.
    pub(crate) fn checks() -> Value {
        json!({"address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass"})
    }

    fn to_json(&self) -> Value {
        json!({
            "brand": self.brand,
            "checks": Self::checks(),
            "country": self.country,
            "display_brand": self.brand,
            "exp_month": self.exp_month,
            "exp_year": self.exp_year,
            "fingerprint": self.fingerprint(),
            "funding": self.funding,
            "generated_from": null,
            "last4": self.last4,
            "networks": {"available": [self.brand], "preferred": null},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": true},
            "wallet": null,
        })
    }
}

impl BankAccount {
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&[&self.country, &self.bank_code, &self.last4])
    }

    fn to_json(&self) -> Value {
        json!({
            "bank_code": self.bank_code,
            "branch_code": "",
            "country": self.country,
            "fingerprint": self.fingerprint(),
            "generated_from": {"charge": null, "setup_attempt": null},
            "last4": self.last4,
        })
    }
}

impl Billing {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "address": {
                "city": self.city,
                "country": self.country,
                "line1": self.line1,
                "line2": self.line2,
                "postal_code": self.postal_code,
                "state": self.state,
            },
            "email": self.email,
            "name": self.name,
            "phone": self.phone,
            "tax_id": null,
        })
    }
}

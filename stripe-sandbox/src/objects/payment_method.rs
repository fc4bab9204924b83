//! The payment method: what is kept of a card. Never its number, its security code or anything they could be computed from.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cards::{Behaviour, TestCard};
use crate::ids;
use crate::metadata::Metadata;
use crate::table::Row;

/// A card as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) brand: String,
    pub(crate) funding: String,
    pub(crate) country: String,
    pub(crate) last4: String,
    pub(crate) exp_month: u8,
    pub(crate) exp_year: u16,
    pub(crate) behaviour: Behaviour,
    pub(crate) billing: Billing,
    pub(crate) metadata: Metadata,
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
    pub(crate) fn new(card: &TestCard, expiry: (u8, u16), billing: Billing, metadata: Metadata, now: i64) -> Self {
        let last4 = card.number.get(card.number.len().saturating_sub(4)..).unwrap_or_default();
        Self {
            id: ids::fresh("pm"),
            created: now,
            brand: card.brand.to_owned(),
            funding: card.funding.to_owned(),
            country: card.country.to_owned(),
            last4: last4.to_owned(),
            exp_month: expiry.0,
            exp_year: expiry.1,
            behaviour: card.behaviour,
            billing,
            metadata,
        }
    }

    /// The same for the same kind of card. It is not made from the number, which could be found by trying.
    pub(crate) fn fingerprint(&self) -> String {
        let digest = Sha256::digest(format!("{}/{}/{}/{}", self.brand, self.funding, self.country, self.last4));
        hex::encode(digest).chars().take(16).collect()
    }

    /// The result of the security code check, for the charge as for the method.
    pub(crate) fn checks(&self) -> Value {
        json!({"address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass"})
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": self.billing.to_json(),
            "card": {
                "brand": self.brand,
                "checks": self.checks(),
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
            },
            "created": self.created,
            "customer": null,
            "customer_account": null,
            "livemode": false,
            "metadata": self.metadata,
            "type": "card",
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

//! The customer: a buyer whom the seller knows again, and whose payment methods can be used more than once.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::metadata::Metadata;
use crate::table::Row;

/// A customer as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) address: Option<Value>,
    /// The method for invoices, if one was chosen.
    pub(crate) default_payment_method: Option<String>,
    /// Deleted for good; only the id is still known.
    pub(crate) deleted: bool,
    pub(crate) description: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) preferred_locales: Vec<String>,
    pub(crate) shipping: Option<Value>,
}

impl Row for Customer {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Customer {
    pub(crate) fn to_json(&self) -> Value {
        if self.deleted {
            return json!({"id": self.id, "object": "customer", "deleted": true});
        }
        let prefix = self.id.get(self.id.len().saturating_sub(8)..).unwrap_or_default().to_uppercase();
        json!({
            "id": self.id,
            "object": "customer",
            "address": self.address,
            "balance": 0,
            "created": self.created,
            "currency": null,
            "customer_account": null,
            "default_source": null,
            "delinquent": false,
            "description": self.description,
            "discount": null,
            "email": self.email,
            "invoice_prefix": prefix,
            "invoice_settings": {
                "custom_fields": null,
                "default_payment_method": self.default_payment_method,
                "footer": null,
                "rendering_options": null,
            },
            "livemode": false,
            "metadata": self.metadata,
            "name": self.name,
            "next_invoice_sequence": 1,
            "phone": self.phone,
            "preferred_locales": self.preferred_locales,
            "shipping": self.shipping,
            "tax_exempt": "none",
            "test_clock": null,
        })
    }
}

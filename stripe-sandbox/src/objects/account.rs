//! The connected account: a business that the platform is paid for, and that is paid out to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::metadata::Metadata;
use crate::table::Row;

/// Who has how much to do with the account: Stripe's old word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Standard,
    Express,
    Custom,
    /// Made with a controller of its own.
    None,
}

impl Kind {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "standard" => Some(Self::Standard),
            "express" => Some(Self::Express),
            "custom" => Some(Self::Custom),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Express => "express",
            Self::Custom => "custom",
            Self::None => "none",
        }
    }
}

/// Who does what for the account, in Stripe's words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Controller {
    pub(crate) fees: String,
    pub(crate) losses: String,
    pub(crate) requirement_collection: String,
    pub(crate) dashboard: String,
}

impl Controller {
    /// What the old word stands for.
    pub(crate) fn of(kind: Kind) -> Self {
        let (fees, losses, requirement_collection, dashboard) = match kind {
            Kind::Express => ("application_express", "application", "stripe", "express"),
            Kind::Custom => ("application_custom", "application", "application", "none"),
            Kind::Standard | Kind::None => ("account", "stripe", "stripe", "full"),
        };
        Self {
            fees: fees.to_owned(),
            losses: losses.to_owned(),
            requirement_collection: requirement_collection.to_owned(),
            dashboard: dashboard.to_owned(),
        }
    }
}

/// A connected account as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    /// As they were sent; each is shown as far as Stripe shows it.
    pub(crate) business_profile: Map<String, Value>,
    pub(crate) business_type: Option<String>,
    /// Whether each is requested.
    pub(crate) capabilities: BTreeMap<String, bool>,
    pub(crate) company: Map<String, Value>,
    pub(crate) controller: Controller,
    pub(crate) country: String,
    pub(crate) created: i64,
    pub(crate) default_currency: String,
    pub(crate) deleted: bool,
    pub(crate) email: Option<String>,
    pub(crate) individual: Map<String, Value>,
    pub(crate) kind: Kind,
    pub(crate) metadata: Metadata,
    pub(crate) payout_interval: String,
    /// Somebody went through the provider's form.
    pub(crate) submitted: bool,
    pub(crate) tos_date: Option<i64>,
    pub(crate) tos_ip: Option<String>,
}

impl Row for Account {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Account {
    /// What is still missing, in Stripe's names.
    pub(crate) fn due(&self, has_bank_account: bool) -> Vec<&'static str> {
        let mut due = Vec::new();
        let mut need = |there: bool, name| {
            if !there {
                due.push(name);
            }
        };
        let profile = |field: &str| self.business_profile.contains_key(field);
        need(profile("url") || profile("product_description"), "business_profile.url");
        need(self.business_type.is_some(), "business_type");
        if self.business_type.as_deref() == Some("company") {
            need(self.company.contains_key("name"), "company.name");
            need(self.company.contains_key("tax_id"), "company.tax_id");
        } else {
            need(self.individual.contains_key("first_name"), "individual.first_name");
            need(self.individual.contains_key("last_name"), "individual.last_name");
            need(self.individual.contains_key("dob"), "individual.dob.day");
            need(self.individual.contains_key("email"), "individual.email");
        }
        need(has_bank_account, "external_account");
        need(self.tos_date.is_some(), "tos_acceptance.date");
        need(self.tos_ip.is_some(), "tos_acceptance.ip");
        due
    }

    /// Whether it may do what `capability` is for.
    pub(crate) fn can(&self, capability: &str, has_bank_account: bool) -> bool {
        self.capabilities.get(capability) == Some(&true) && self.due(has_bank_account).is_empty()
    }

    /// One capability.
    pub(crate) fn capability_json(&self, name: &str, requested: bool, has_bank_account: bool) -> Value {
        json!({
            "id": name,
            "object": "capability",
            "account": self.id,
            "future_requirements": requirements(&[]),
            "requested": requested,
            "requested_at": requested.then_some(self.created),
            "requirements": requirements(&self.due(has_bank_account)),
            "status": if self.can(name, has_bank_account) { "active" } else { "inactive" },
        })
    }

    /// `external` are its bank accounts as JSON.
    pub(crate) fn to_json(&self, external: &[Value]) -> Value {
        let has_bank_account = !external.is_empty();
        let due = self.due(has_bank_account);
        let complete = due.is_empty();
        let capabilities: Map<String, Value> = self
            .capabilities
            .keys()
            .map(|name| (name.clone(), json!(if self.can(name, has_bank_account) { "active" } else { "inactive" })))
            .collect();
        let profile = |field: &str| self.business_profile.get(field);
        json!({
            "id": self.id,
            "object": "account",
            "business_profile": {
                "annual_revenue": null,
                "estimated_worker_count": null,
                "mcc": profile("mcc"),
                "minority_owned_business_designation": null,
                "name": profile("name"),
                "product_description": profile("product_description"),
                "support_address": profile("support_address"),
                "support_email": profile("support_email"),
                "support_phone": profile("support_phone"),
                "support_url": profile("support_url"),
                "url": profile("url"),
            },
            "business_type": self.business_type,
            "capabilities": capabilities,
            "charges_enabled": self.can("card_payments", has_bank_account),
            "company": self.company_json(),
            "controller": {
                "fees": {"payer": self.controller.fees},
                "is_controller": true,
                "losses": {"payments": self.controller.losses},
                "requirement_collection": self.controller.requirement_collection,
                "stripe_dashboard": {"type": self.controller.dashboard},
                "type": "application",
            },
            "country": self.country,
            "created": self.created,
            "default_currency": self.default_currency,
            "details_submitted": self.submitted || complete,
            "email": self.email,
            "external_accounts": {
                "object": "list",
                "data": external,
                "has_more": false,
                "total_count": external.len(),
                "url": format!("/v1/accounts/{}/external_accounts", self.id),
            },
            "future_requirements": requirements(&[]),
            "groups": {"payments_pricing": null},
            "individual": self.individual_json(),
            "metadata": self.metadata,
            "payouts_enabled": complete && self.capabilities.values().any(|requested| *requested),
            "requirements": requirements(&due),
            "settings": self.settings(),
            "tos_acceptance": {"date": self.tos_date, "ip": self.tos_ip, "user_agent": null},
            "type": self.kind.as_str(),
        })
    }

    fn company_json(&self) -> Option<Value> {
        let company = &self.company;
        (!company.is_empty()).then(|| {
            json!({
                "address": company.get("address"),
                "directors_provided": false,
                "executives_provided": false,
                "name": company.get("name"),
                "owners_provided": false,
                "phone": company.get("phone"),
                "tax_id_provided": company.contains_key("tax_id"),
                "vat_id_provided": company.contains_key("vat_id"),
                "verification": {"document": {"back": null, "details": null, "details_code": null, "front": null}},
            })
        })
    }

    fn individual_json(&self) -> Option<Value> {
        let person = &self.individual;
        let day = |part: &str| {
            let text = person.get("dob").and_then(|dob| dob.get(part)).and_then(Value::as_str);
            text.and_then(|text| text.parse::<i64>().ok())
        };
        (!person.is_empty()).then(|| {
            json!({
                "id": format!("person_{}", self.id.trim_start_matches("acct_")),
                "object": "person",
                "account": self.id,
                "address": person.get("address"),
                "created": self.created,
                "dob": {"day": day("day"), "month": day("month"), "year": day("year")},
                "email": person.get("email"),
                "first_name": person.get("first_name"),
                "future_requirements": requirements(&[]),
                "id_number_provided": person.contains_key("id_number"),
                "last_name": person.get("last_name"),
                "metadata": {},
                "phone": person.get("phone"),
                "relationship": {
                    "authorizer": false, "director": false, "executive": false, "legal_guardian": false, "owner": false,
                    "percent_ownership": null, "representative": true, "title": null,
                },
                "requirements": requirements(&[]),
                "ssn_last_4_provided": person.contains_key("ssn_last_4"),
                "verification": {
                    "additional_document": {"back": null, "details": null, "details_code": null, "front": null},
                    "details": null, "details_code": null,
                    "document": {"back": null, "details": null, "details_code": null, "front": null},
                    "status": "verified",
                },
            })
        })
    }

    fn settings(&self) -> Value {
        json!({
            "bacs_debit_payments": {"display_name": null, "service_user_number": null},
            "branding": {"icon": null, "logo": null, "primary_color": null, "secondary_color": null},
            "card_issuing": {"tos_acceptance": {"date": null, "ip": null}},
            "card_payments": {
                "decline_on": {"avs_failure": false, "cvc_failure": false},
                "statement_descriptor_prefix": null,
                "statement_descriptor_prefix_kana": null,
                "statement_descriptor_prefix_kanji": null,
            },
            "dashboard": {"display_name": self.business_profile.get("name"), "timezone": "Etc/UTC"},
            "invoices": {"default_account_tax_ids": null, "hosted_payment_method_save": null},
            "payments": {
                "statement_descriptor": null,
                "statement_descriptor_kana": null,
                "statement_descriptor_kanji": null,
            },
            "payouts": {
                "debit_negative_balances": self.controller.losses == "stripe",
                "schedule": {"delay_days": 2, "interval": self.payout_interval},
                "statement_descriptor": null,
            },
            "sepa_debit_payments": {},
        })
    }
}

fn requirements(due: &[&str]) -> Value {
    json!({
        "alternatives": [],
        "current_deadline": null,
        "currently_due": due,
        "disabled_reason": (!due.is_empty()).then_some("requirements.past_due"),
        "errors": [],
        "eventually_due": due,
        "past_due": due,
        "pending_verification": [],
    })
}

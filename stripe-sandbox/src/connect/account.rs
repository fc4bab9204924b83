//! Making, changing and closing a connected account.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::book::{Book, Context};
use crate::connect::NewBankAccount;
use crate::error::Error;
use crate::ids;
use crate::metadata::{self, Metadata};
use crate::objects::account::{Account, Controller, Kind};
use crate::objects::bank_account::BankAccount;
use crate::params::Params;

/// What a new account shall be.
#[derive(Debug)]
pub(crate) struct Create {
    kind: Kind,
    controller: Controller,
    country: String,
    change: Change,
}

/// What shall change.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) business_profile: Option<Map<String, Value>>,
    pub(crate) business_type: Option<String>,
    pub(crate) capabilities: Vec<(String, bool)>,
    pub(crate) company: Option<Map<String, Value>>,
    pub(crate) default_currency: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) external_account: Option<NewBankAccount>,
    pub(crate) individual: Option<Map<String, Value>>,
    pub(crate) metadata: Option<metadata::Change>,
    pub(crate) payout_interval: Option<String>,
    pub(crate) tos_date: Option<i64>,
    pub(crate) tos_ip: Option<String>,
    /// Somebody went through the provider's form.
    pub(crate) submitted: bool,
}

impl Create {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let kind = params.choice("type", Kind::parse)?;
        let controller = params.nested("controller")?.map(controller).transpose()?;
        if kind.is_some() && controller.is_some() {
            let message = "You may not provide the `type` parameter and `controller` parameters simultaneously. They are mutually exclusive.";
            return Err(Error::parameter("parameter_invalid", message, "type"));
        }
        let kind = kind.unwrap_or(if controller.is_some() { Kind::None } else { Kind::Standard });
        let country = params.filled("country")?.unwrap_or_else(|| "US".to_owned()).to_uppercase();
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            let message = format!(
                "Country '{country}' is unknown. Try using a 2-character alphanumeric country code instead, such as 'US', 'EG', or 'GB'."
            );
            return Err(Error::parameter("country_unsupported", &message, "country"));
        }
        let controller = controller.unwrap_or_else(|| Controller::of(kind));
        Ok(Self { kind, controller, country, change: Change::parse(params)? })
    }
}

fn controller(mut given: Params) -> Result<Controller, Error> {
    let mut part = |name: &str, field: &str| -> Result<Option<String>, Error> {
        let Some(mut part) = given.nested(name)? else {
            return Ok(None);
        };
        let text = part.filled(field)?;
        part.finish()?;
        Ok(text)
    };
    let (fees, losses, dashboard) =
        (part("fees", "payer")?, part("losses", "payments")?, part("stripe_dashboard", "type")?);
    let collection = given.filled("requirement_collection")?;
    given.finish()?;
    let default = Controller::of(Kind::Standard);
    Ok(Controller {
        fees: fees.unwrap_or(default.fees),
        losses: losses.unwrap_or(default.losses),
        requirement_collection: collection.unwrap_or(default.requirement_collection),
        dashboard: dashboard.unwrap_or(default.dashboard),
    })
}

impl Change {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let (mut tos_date, mut tos_ip) = (None, None);
        if let Some(mut tos) = params.nested("tos_acceptance")? {
            (tos_date, tos_ip) = (tos.integer("date")?, tos.filled("ip")?);
            tos.ignore(&["service_agreement", "user_agent"]);
            tos.finish()?;
        }
        let business_type = |text: &str| {
            matches!(text, "individual" | "company" | "non_profit" | "government_entity").then(|| text.to_owned())
        };
        let change = Self {
            business_profile: object(&mut params, "business_profile")?,
            business_type: params.choice("business_type", business_type)?,
            capabilities: capabilities(&mut params)?,
            company: object(&mut params, "company")?,
            default_currency: params.filled("default_currency")?,
            email: params.filled("email")?,
            external_account: params.nested("external_account")?.map(NewBankAccount::parse).transpose()?,
            individual: object(&mut params, "individual")?,
            metadata: params.metadata()?,
            payout_interval: payout_interval(&mut params)?,
            tos_date,
            tos_ip,
            submitted: false,
        };
        params.ignore(&["documents", "groups", "account_token"]);
        params.finish()?;
        Ok(change)
    }

    fn apply(self, account: &mut Account) -> Result<(), Error> {
        if let Some(change) = &self.metadata {
            change.apply(&mut account.metadata)?;
        }
        for (slot, given) in [
            (&mut account.business_profile, self.business_profile),
            (&mut account.company, self.company),
            (&mut account.individual, self.individual),
        ] {
            merge(slot, given.unwrap_or_default());
        }
        account.capabilities.extend(self.capabilities);
        account.business_type = self.business_type.or(account.business_type.take());
        account.email = self.email.or(account.email.take());
        account.tos_date = self.tos_date.or(account.tos_date);
        account.tos_ip = self.tos_ip.or(account.tos_ip.take());
        account.submitted |= self.submitted;
        if let Some(currency) = self.default_currency {
            account.default_currency = currency.to_lowercase();
        }
        if let Some(interval) = self.payout_interval {
            account.payout_interval = interval;
        }
        Ok(())
    }
}

fn object(params: &mut Params, name: &str) -> Result<Option<Map<String, Value>>, Error> {
    match params.raw(name) {
        None => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(_) => Err(Error::parameter("parameter_invalid", "Invalid object", name)),
    }
}

fn capabilities(params: &mut Params) -> Result<Vec<(String, bool)>, Error> {
    let Some(given) = object(params, "capabilities")? else {
        return Ok(Vec::new());
    };
    let one = |(name, value): (String, Value)| {
        let requested = match value.get("requested").and_then(Value::as_str) {
            Some("true") => true,
            Some("false") => false,
            _ => {
                let param = format!("capabilities[{name}][requested]");
                return Err(Error::parameter("parameter_invalid_boolean", "Invalid boolean", &param));
            }
        };
        Ok((name, requested))
    };
    given.into_iter().map(one).collect()
}

/// Reads `settings[payouts][schedule][interval]`; the other settings make no difference here.
fn payout_interval(params: &mut Params) -> Result<Option<String>, Error> {
    let Some(settings) = params.raw("settings") else {
        return Ok(None);
    };
    let Some(interval) = settings.pointer("/payouts/schedule/interval").and_then(Value::as_str) else {
        return Ok(None);
    };
    if !matches!(interval, "manual" | "daily" | "weekly" | "monthly") {
        let message = format!("Invalid interval: {interval}");
        return Err(Error::parameter("parameter_invalid", &message, "settings[payouts][schedule][interval]"));
    }
    Ok(Some(interval.to_owned()))
}

/// Sets what was sent, level by level; an empty text takes away.
fn merge(slot: &mut Map<String, Value>, given: Map<String, Value>) {
    for (name, value) in given {
        match (slot.get_mut(&name), value) {
            (_, Value::String(text)) if text.is_empty() => {
                slot.remove(&name);
            }
            (Some(Value::Object(inner)), Value::Object(given)) => merge(inner, given),
            (_, value) => {
                slot.insert(name, value);
            }
        }
    }
}

/// The platform's own account, which is complete from the start.
pub(crate) fn platform_json(publishable_key: &str) -> Value {
    let digest = hex::encode(Sha256::digest(publishable_key));
    let text = |value: &str| Value::String(value.to_owned());
    let individual =
        [("first_name", text("Test")), ("last_name", text("Platform")), ("email", text("platform@example.com"))];
    let dob = json!({"day": "1", "month": "1", "year": "1990"});
    let bank = json!({"id": "ba_platform", "object": "bank_account", "country": "US", "currency": "usd", "last4": "6789", "status": "new"});
    let account = Account {
        id: format!("acct_{}", digest.get(..16).unwrap_or_default()),
        business_profile: Map::from_iter([
            ("name".to_owned(), text("Test platform")),
            ("url".to_owned(), text("https://example.com")),
        ]),
        business_type: Some("individual".to_owned()),
        capabilities: [("card_payments".to_owned(), true), ("transfers".to_owned(), true)].into(),
        company: Map::new(),
        controller: Controller::of(Kind::Standard),
        country: "US".to_owned(),
        created: 0,
        default_currency: "usd".to_owned(),
        deleted: false,
        email: Some("platform@example.com".to_owned()),
        individual: individual
            .into_iter()
            .chain([("dob", dob)])
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        kind: Kind::Standard,
        metadata: Metadata::new(),
        payout_interval: "manual".to_owned(),
        submitted: true,
        tos_date: Some(0),
        tos_ip: Some("127.0.0.1".to_owned()),
    };
    let mut json = account.to_json(&[bank]);
    json["controller"] = json!({"type": "account"});
    json["external_accounts"]["data"] = json!([]);
    json["external_accounts"]["total_count"] = json!(0);
    json
}

fn currency_of(country: &str) -> &'static str {
    match country {
        "US" => "usd",
        "GB" => "gbp",
        "CH" | "LI" => "chf",
        "SE" => "sek",
        "NO" => "nok",
        "DK" => "dkk",
        "PL" => "pln",
        "CZ" => "czk",
        "HU" => "huf",
        "RO" => "ron",
        "CA" => "cad",
        "AU" => "aud",
        "NZ" => "nzd",
        "JP" => "jpy",
        "SG" => "sgd",
        _ => "eur",
    }
}

impl Book {
    /// The connected account with this id, unless it was closed. `param` is the parameter it came in.
    pub(crate) fn connected_account(&self, id: &str, param: &str) -> Result<&Account, Error> {
        let found = self.accounts.get(id).filter(|account| !account.deleted);
        found.ok_or_else(|| Error::no_such("account", id, param))
    }

    /// An account with its bank accounts.
    pub(crate) fn account_json(&self, account: &Account) -> Value {
        let banks = self.bank_accounts_of(&account.id).map(|bank| bank.to_json(Some(&account.id)));
        account.to_json(&banks.collect::<Vec<_>>())
    }

    /// The bank accounts of a connected account, oldest first.
    pub(crate) fn bank_accounts_of(&self, account: &str) -> impl Iterator<Item = &BankAccount> {
        let rows = self.connected(account).map(|book| book.bank_accounts.rows()).unwrap_or_default();
        rows.iter().filter(|bank| !bank.deleted)
    }

    pub(crate) fn has_bank_account(&self, account: &str) -> bool {
        self.bank_accounts_of(account).next().is_some()
    }

    pub(crate) fn create_account(&mut self, context: &Context, wanted: Create) -> Result<Value, Error> {
        let mut change = wanted.change;
        let bank = change.external_account.take();
        let mut account = Account {
            id: ids::fresh("acct"),
            business_profile: Map::new(),
            business_type: None,
            capabilities: Default::default(),
            company: Map::new(),
            controller: wanted.controller,
            created: context.now(),
            default_currency: currency_of(&wanted.country).to_owned(),
            country: wanted.country,
            deleted: false,
            email: None,
            individual: Map::new(),
            kind: wanted.kind,
            metadata: Metadata::new(),
            payout_interval: "daily".to_owned(),
            submitted: false,
            tos_date: None,
            tos_ip: None,
        };
        change.apply(&mut account)?;
        self.within(&account.id, |book| bank.map(|bank| book.add_bank_account(context, bank)));
        let json = self.account_json(&account);
        self.put_account(account);
        Ok(json)
    }

    pub(crate) fn update_account(&mut self, context: &Context, id: &str, mut change: Change) -> Result<Value, Error> {
        let mut account = self.connected_account(id, "account")?.clone();
        let before = self.account_json(&account);
        let bank = change.external_account.take();
        change.apply(&mut account)?;
        if let Some(bank) = bank {
            self.within(id, |book| book.add_bank_account(context, bank));
        }
        self.put_account(account);
        self.tell_account(context, id, &before)
    }

    /// Tells that the account is not what it was `before`, and answers with what it is.
    pub(super) fn tell_account(&mut self, context: &Context, id: &str, before: &Value) -> Result<Value, Error> {
        let json = self.account_json(self.connected_account(id, "account")?);
        let fields = before.as_object().into_iter().flatten();
        let changed = fields.filter(|(name, value)| json.get(name.as_str()) != Some(value));
        let previous: Map<String, Value> = changed.map(|(name, value)| (name.clone(), value.clone())).collect();
        if !previous.is_empty() {
            let previous = Value::Object(previous);
            self.within(id, |book| book.emit(context, "account.updated", &json, Some(&previous)));
        }
        Ok(json)
    }

    /// Closes the account, if it is owed nothing and owes nothing.
    pub(crate) fn delete_account(&mut self, id: &str) -> Result<Value, Error> {
        let mut account = self.connected_account(id, "account")?.clone();
        if self.connected(id).is_some_and(|book| !book.balances.is_empty()) {
            let message = format!("Account {id} cannot be deleted, because its balance is not zero.");
            return Err(Error::refused(&message));
        }
        account.deleted = true;
        self.put_account(account);
        Ok(json!({"id": id, "object": "account", "deleted": true}))
    }

    /// One capability of the account; `change` requests it, or no longer does.
    pub(crate) fn capability(&self, id: &str, name: &str) -> Result<Value, Error> {
        let account = self.connected_account(id, "account")?;
        let requested =
            account.capabilities.get(name).ok_or_else(|| Error::no_such("capability", name, "capability"))?;
        Ok(account.capability_json(name, *requested, self.has_bank_account(id)))
    }
}

//! Account links, and what the business fills in behind them.

use serde_json::{Map, Value, json};

use crate::book::{Book, Context};
use crate::connect::{Change, NewBankAccount};
use crate::error::Error;
use crate::ids;
use crate::objects::account::Account;
use crate::objects::account_link::AccountLink;
use crate::params::Params;

/// How long a link is good, in seconds.
const GOOD_FOR: i64 = 5 * 60;

/// Which account shall be filled in, and where its browser goes afterwards.
#[derive(Debug)]
pub(crate) struct CreateLink {
    account: String,
    refresh_url: String,
    return_url: String,
}

impl CreateLink {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let kind = params.required("type")?;
        if !matches!(kind.as_str(), "account_onboarding" | "account_update") {
            return Err(Error::parameter("parameter_invalid", &format!("Invalid type: {kind}"), "type"));
        }
        let url = |params: &mut Params, name| params.web_address(name)?.ok_or_else(|| Error::missing_parameter(name));
        let wanted = Self {
            account: params.required("account")?,
            refresh_url: url(&mut params, "refresh_url")?,
            return_url: url(&mut params, "return_url")?,
        };
        params.ignore(&["collect", "collection_options"]);
        params.finish()?;
        Ok(wanted)
    }
}

/// What somebody filled in for the business.
#[derive(Debug)]
pub(crate) struct Filled {
    pub(crate) business_type: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    /// Year, month, day.
    pub(crate) birthday: [String; 3],
    pub(crate) email: String,
    pub(crate) company: String,
    pub(crate) tax_id: String,
    pub(crate) website: String,
    pub(crate) bank_account: String,
    /// From where, for the terms of service.
    pub(crate) ip: String,
}

impl Filled {
    fn into_change(self, account: &Account, now: i64) -> Result<Change, Error> {
        let missing = |text: &str| text.trim().is_empty();
        let needed = if self.business_type == "company" {
            [("company", &self.company), ("tax_id", &self.tax_id)]
        } else {
            [("first_name", &self.first_name), ("last_name", &self.last_name)]
        };
        for (field, text) in [("website", &self.website), ("email", &self.email)].into_iter().chain(needed) {
            if missing(text) {
                return Err(Error::missing_parameter(field));
            }
        }
        let [year, month, day] = &self.birthday;
        let object = |value: Value| match value {
            Value::Object(map) => Some(map),
            _ => None::<Map<String, Value>>,
        };
        let dob = json!({"year": year, "month": month, "day": day});
        let individual =
            json!({"first_name": self.first_name, "last_name": self.last_name, "email": self.email, "dob": dob});
        let is_company = self.business_type == "company";
        let holder = if is_company { self.company.clone() } else { format!("{} {}", self.first_name, self.last_name) };
        let bank = NewBankAccount::new(&self.bank_account, &account.country, &account.default_currency, Some(holder))?;
        Ok(Change {
            business_profile: object(json!({"url": self.website})),
            company: if is_company { object(json!({"name": self.company, "tax_id": self.tax_id})) } else { None },
            individual: if is_company { None } else { object(individual) },
            email: Some(self.email),
            external_account: Some(bank),
            tos_date: Some(now),
            tos_ip: Some(self.ip),
            business_type: Some(self.business_type),
            submitted: true,
            ..Change::default()
        })
    }
}

impl Book {
    pub(crate) fn create_account_link(&mut self, context: &Context, wanted: CreateLink) -> Result<Value, Error> {
        self.connected_account(&wanted.account, "account")?;
        let link = AccountLink {
            id: ids::fresh("setup"),
            account: wanted.account,
            created: context.now(),
            expires_at: context.now() + GOOD_FOR,
            refresh_url: wanted.refresh_url,
            return_url: wanted.return_url,
            used: false,
        };
        let json = link.to_json(&context.address);
        self.put_account_link(link);
        Ok(json)
    }

    /// The link and its account.
    pub(crate) fn account_link(&self, id: &str) -> Option<(&AccountLink, &Account)> {
        let link = self.account_links.get(id)?;
        Some((link, self.connected_account(&link.account, "account").ok()?))
    }

    /// Takes what was filled in; the link is used up then.
    pub(crate) fn fill_in(&mut self, context: &Context, id: &str, filled: Filled) -> Result<(), Error> {
        let (link, account) = self.account_link(id).ok_or_else(|| Error::no_such("account link", id, "link"))?;
        if !link.is_good(context.now()) {
            return Err(Error::refused("This link was used already, or is too old."));
        }
        let (mut link, change) = (link.clone(), filled.into_change(account, context.now())?);
        self.update_account(context, &link.account, change)?;
        link.used = true;
        self.put_account_link(link);
        Ok(())
    }
}

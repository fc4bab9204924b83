//! The calls that pay resellers out: their accounts at the provider, transfers to these and back, payouts from these to banks.

use foundation::id::{PayoutId, ResellerId};
use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::{
    Provider, ProviderError,
    amounts::minor,
    callback::{BankWord, META_PAYOUT, META_RESELLER, bank_word},
};
use crate::rules::{payment::WebAddress, payout::Payout};

/// How many payouts of an account are looked through for one whose answer never came.
const LOOK_BACK: &str = "100";

/// Money that the provider has moved: the object of it, and the balance transaction by which it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The transfer, or its reversal.
    pub object: String,
    /// The balance transaction.
    pub transaction: String,
}

/// A page of the provider's on which a reseller says who it is and where its bank account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnboardingPage {
    /// Its address, good once.
    pub url: String,
    /// Until when, in seconds since 1970.
    pub expires_at: i64,
}

fn form(fields: &[(&str, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn post(path: String, fields: &[(&str, String)]) -> RequestBuilder {
    let mut request = RequestBuilder::new(StripeMethod::Post, path);
    request.body = Some(form(fields));
    request
}

fn get(path: String, fields: &[(&str, String)]) -> RequestBuilder {
    let mut request = RequestBuilder::new(StripeMethod::Get, path);
    request.query = Some(form(fields)).filter(|query| !query.is_empty());
    request
}

fn unreadable(what: &'static str) -> ProviderError {
    ProviderError::Unreachable(format!("its {what} cannot be read"))
}

fn text(object: &Value, pointer: &str) -> Option<String> {
    object.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

fn moved(object: &Value) -> Option<Moved> {
    Some(Moved { object: text(object, "/id")?, transaction: text(object, "/balance_transaction")? })
}

fn read(bytes: &[u8], what: &'static str) -> Result<Value, ProviderError> {
    serde_json::from_slice(bytes).map_err(|_| unreadable(what))
}

fn data(page: &Value) -> impl Iterator<Item = &Value> {
    page.get("data").and_then(Value::as_array).into_iter().flatten()
}

/// What travels with the provider's objects of a payout.
fn metadata(reseller: ResellerId, payout: PayoutId) -> [(String, String); 2] {
    let name = |name: &str| format!("metadata[{name}]");
    [(name(META_RESELLER), reseller.to_string()), (name(META_PAYOUT), payout.to_string())]
}

fn of_payout(reseller: ResellerId, payout: &Payout) -> Result<Vec<(String, String)>, ProviderError> {
    let mut fields = vec![
        ("amount".to_owned(), minor(payout.amount)?.to_string()),
        ("currency".to_owned(), payout.amount.currency().code().to_lowercase()),
    ];
    fields.extend(metadata(reseller, payout.id));
    Ok(fields)
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, String)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
}

impl Provider {
    /// Creates a reseller's account, or gives the one that an earlier call created. Payouts of it are made by us only.
    ///
    /// # Errors
    /// The provider's.
    pub async fn create_account(
        &self,
        reseller: ResellerId,
        country: &str,
        email: &str,
    ) -> Result<String, ProviderError> {
        let request = post(
            "/accounts".to_owned(),
            &[
                ("type", "express".to_owned()),
                ("country", country.to_owned()),
                ("email", email.to_owned()),
                ("capabilities[transfers][requested]", "true".to_owned()),
                ("settings[payouts][schedule][interval]", "manual".to_owned()),
                (&format!("metadata[{META_RESELLER}]"), reseller.to_string()),
            ],
        );
        let key = format!("account:{reseller}");
        let bytes = self.client.measured("create_account", self.client.send_raw(&request, &key)).await?;
        text(&read(&bytes, "account")?, "/id").ok_or_else(|| unreadable("account"))
    }

    /// The page on which a reseller completes its account; afterwards the browser goes back to this address.
    ///
    /// # Errors
    /// The provider's.
    pub async fn onboarding_page(&self, account: &str, back: &WebAddress) -> Result<OnboardingPage, ProviderError> {
        let request = post(
            "/account_links".to_owned(),
            &[
                ("account", account.to_owned()),
                ("type", "account_onboarding".to_owned()),
                ("return_url", back.as_str().to_owned()),
                ("refresh_url", back.as_str().to_owned()),
            ],
        );
        // Without a key: a link is good once, and a second one harms nobody.
        let bytes = self.client.measured("create_account_link", self.client.ask_raw(&request)).await?;
        let link = read(&bytes, "account link")?;
        let url = text(&link, "/url").ok_or_else(|| unreadable("account link"))?;
        let expires_at = link.get("expires_at").and_then(Value::as_i64).unwrap_or(0);
        Ok(OnboardingPage { url, expires_at })
    }

    /// Transfers a payout's money to the reseller's account, or gives the transfer that an earlier call made. Where one may have
    /// been made longer ago than the provider remembers keys, it is looked for first.
    ///
    /// # Errors
    /// The provider's.
    pub async fn transfer(&self, reseller: ResellerId, payout: &Payout) -> Result<Moved, ProviderError> {
        if payout.tries > 0
            && let Some(found) = self.find_transfer(payout).await?
        {
            return Ok(found);
        }
        let mut fields = of_payout(reseller, payout)?;
        fields.push(("destination".to_owned(), payout.account.clone()));
        fields.push(("transfer_group".to_owned(), payout.id.to_string()));
        let request = post("/transfers".to_owned(), &borrowed(&fields));
        let key = payout.id.to_string();
        let bytes = self.client.measured("create_transfer", self.client.send_raw(&request, &key)).await?;
        moved(&read(&bytes, "transfer")?).ok_or_else(|| unreadable("transfer"))
    }

    async fn find_transfer(&self, payout: &Payout) -> Result<Option<Moved>, ProviderError> {
        let request = get("/transfers".to_owned(), &[("transfer_group", payout.id.to_string())]);
        let bytes = self.client.measured("list_transfers", self.client.ask_raw(&request)).await?;
        Ok(data(&read(&bytes, "list of transfers")?).find_map(moved))
    }

    /// Gives a payout's transfer back, whole, or gives the reversal that an earlier call made.
    ///
    /// # Errors
    /// The provider's: what the account does not have cannot be taken back.
    pub async fn reverse_transfer(&self, payout: PayoutId, transfer: &str, tries: i16) -> Result<Moved, ProviderError> {
        let request = post(format!("/transfers/{transfer}/reversals"), &[]);
        // A refusal is remembered under its key, so that each later try has a key of its own. A whole transfer is reversed once,
        // whatever is asked twice.
        let key = format!("return:{payout}:{tries}");
        match self.client.measured("reverse_transfer", self.client.send_raw(&request, &key)).await {
            Ok(bytes) => moved(&read(&bytes, "reversal")?).ok_or_else(|| unreadable("reversal")),
            Err(refused @ ProviderError::Refused { .. }) => {
                let request = get(format!("/transfers/{transfer}"), &[]);
                let bytes = self.client.measured("retrieve_transfer", self.client.ask_raw(&request)).await?;
                let made = read(&bytes, "transfer")?.pointer("/reversals/data/0").and_then(moved);
                made.ok_or(refused)
            }
            Err(error) => Err(error),
        }
    }

    /// Pays what was transferred out to the reseller's bank, or gives the payout that an earlier call made.
    ///
    /// # Errors
    /// The provider's.
    pub async fn pay_to_bank(
        &self,
        reseller: ResellerId,
        payout: &Payout,
    ) -> Result<(String, BankWord), ProviderError> {
        if payout.tries > 0
            && let Some(found) = self.find_bank_payout(payout).await?
        {
            return Ok(found);
        }
        let request = post("/payouts".to_owned(), &borrowed(&of_payout(reseller, payout)?));
        let key = format!("bank:{}", payout.id);
        let paying = self.client.raw_for(&payout.account, &request, Some(&key));
        let bytes = self.client.measured("create_payout", paying).await?;
        let made = read(&bytes, "payout")?;
        Ok((text(&made, "/id").ok_or_else(|| unreadable("payout"))?, bank_word(&made)))
    }

    async fn find_bank_payout(&self, payout: &Payout) -> Result<Option<(String, BankWord)>, ProviderError> {
        let request = get("/payouts".to_owned(), &[("limit", LOOK_BACK.to_owned())]);
        let looking = self.client.raw_for(&payout.account, &request, None);
        let page = read(&self.client.measured("list_payouts", looking).await?, "list of payouts")?;
        let id = payout.id.to_string();
        let named =
            |made: &&Value| made.pointer(&format!("/metadata/{META_PAYOUT}")) == Some(&Value::from(id.as_str()));
        Ok(data(&page).find(named).and_then(|made| Some((text(made, "/id")?, bank_word(made)))))
    }

    /// How a payout to a bank stands.
    ///
    /// # Errors
    /// The provider's.
    pub async fn bank_payout(&self, account: &str, id: &str) -> Result<BankWord, ProviderError> {
        let request = get(format!("/payouts/{id}"), &[]);
        let asking = self.client.raw_for(account, &request, None);
        let bytes = self.client.measured("retrieve_payout", asking).await?;
        Ok(bank_word(&read(&bytes, "payout")?))
    }
}

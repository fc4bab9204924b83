//! `/setup/{link}`: the provider's form, in which a business says who it is and where its money goes.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Form, Router};
use serde::Deserialize;

use crate::account::Account as Owner;
use crate::connect::Filled;
use crate::error::Error;
use crate::headers::RequestId;
use crate::objects::account::Account;
use crate::objects::account_link::AccountLink;
use crate::objects::event::Cause;
use crate::page::template::{escape, page};
use crate::page::{answer, not_found};
use crate::server::Sandbox;

pub(super) fn router() -> Router<Arc<Sandbox>> {
    Router::new().route("/setup/{link}", get(show).post(fill_in))
}

/// What was typed. Everything is there in a form that a browser sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    business_type: String,
    first_name: String,
    last_name: String,
    birthday: String,
    email: String,
    company: String,
    tax_id: String,
    website: String,
    bank_account: String,
}

impl Typed {
    fn into_filled(self) -> Result<Filled, Error> {
        if !matches!(self.business_type.as_str(), "individual" | "company") {
            return Err(Error::parameter("parameter_missing", "Say what kind of business it is.", "business_type"));
        }
        let is_company = self.business_type == "company";
        let parts: Vec<String> = self.birthday.split('-').map(str::to_owned).collect();
        let birthday = match <[String; 3]>::try_from(parts) {
            Ok(parts) => parts,
            Err(_) if is_company => Default::default(),
            Err(_) => return Err(Error::parameter("parameter_invalid", "Give the date of birth.", "birthday")),
        };
        Ok(Filled {
            business_type: self.business_type,
            first_name: self.first_name,
            last_name: self.last_name,
            birthday,
            email: self.email,
            company: self.company,
            tax_id: self.tax_id,
            website: self.website,
            bank_account: self.bank_account,
            ip: "127.0.0.1".to_owned(),
        })
    }
}

/// A link with its account.
struct Visit {
    owner: Arc<Owner>,
    link: AccountLink,
    account: Account,
    is_good: bool,
}

fn visit(sandbox: &Sandbox, id: &str) -> Option<Visit> {
    sandbox.accounts.iter().find_map(|owner| {
        owner.read(|book, context| {
            let (link, account) = book.account_link(id)?;
            let is_good = link.is_good(context.now());
            Some(Visit { owner: owner.clone(), link: link.clone(), account: account.clone(), is_good })
        })
    })
}

async fn show(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>) -> Response {
    match visit(&sandbox, &id) {
        None => not_found(),
        // The platform makes a new link at that address, as at Stripe.
        Some(visit) if !visit.is_good => Redirect::to(&visit.link.refresh_url).into_response(),
        Some(visit) => answer(StatusCode::OK, &form(&visit, &known(&visit.account), None)),
    }
}

async fn fill_in(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<String>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    sent: Result<Form<Typed>, FormRejection>,
) -> Response {
    let Some(visit) = visit(&sandbox, &id) else {
        return not_found();
    };
    let Ok(Form(typed)) = sent else {
        return answer(StatusCode::BAD_REQUEST, &form(&visit, &Typed::default(), Some("The form could not be read.")));
    };
    if !visit.is_good {
        return over(&visit);
    }
    let cause = Cause { request_id, idempotency_key: None };
    let outcome = match typed.clone().into_filled() {
        Err(error) => Err(error),
        Ok(filled) => visit.owner.transact(Some(cause), |book, context| book.fill_in(context, &id, filled)).await,
    };
    match outcome {
        Ok(()) => answer(
            StatusCode::OK,
            // Browsers refuse to follow a form to another site, so the way back is a page of its own.
            &leave("All done", "Thank you. We take you back now.", "done", &visit.link.return_url),
        ),
        Err(error) => answer(error.status(), &form(&visit, &typed, Some(error.message()))),
    }
}

/// The link was used, or became too old, while the form was open.
fn over(visit: &Visit) -> Response {
    let text = "This link is no longer good. We take you to a new one.";
    answer(StatusCode::GONE, &leave("Please start again", text, "", &visit.link.refresh_url))
}

/// A last page, which leads on by itself.
fn leave(title: &str, text: &str, class: &str, url: &str) -> String {
    let url = escape(url);
    let refresh = format!(r#"<meta http-equiv="refresh" content="1;url={url}">"#);
    let body = format!(
        r#"<h1 class="{class}" role="status">{title}</h1><p>{text}</p><a class="button" href="{url}">Continue</a>"#
    );
    page(title, &refresh, "", &body)
}

/// What the platform has told of the account already.
fn known(account: &Account) -> Typed {
    let text = |map: &serde_json::Map<String, serde_json::Value>, field: &str| {
        map.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    Typed {
        business_type: account.business_type.clone().unwrap_or_default(),
        first_name: text(&account.individual, "first_name"),
        last_name: text(&account.individual, "last_name"),
        birthday: String::new(),
        email: account.email.clone().unwrap_or_default(),
        company: text(&account.company, "name"),
        tax_id: String::new(),
        website: text(&account.business_profile, "url"),
        bank_account: String::new(),
    }
}

fn form(visit: &Visit, typed: &Typed, notice: Option<&str>) -> String {
    let field = |name: &str, label: &str, kind: &str, value: &str, more: &str| {
        format!(
            r#"<label for="{name}">{label}</label>
<input id="{name}" name="{name}" type="{kind}" maxlength="200" value="{}" {more}>"#,
            escape(value)
        )
    };
    let kind = |value: &str, label: &str| {
        let selected = if typed.business_type == value { " selected" } else { "" };
        format!(r#"<option value="{value}"{selected}>{label}</option>"#)
    };
    let notice = notice.map(|text| {
        format!(
            r#"<div class="notice" role="alert"><strong>{}</strong>Nothing was saved. Please check what you typed.</div>"#,
            escape(text)
        )
    });
    let example = if visit.account.country == "US" { "000123456789" } else { "DE89 3704 0044 0532 0130 00" };
    let body = format!(
        r#"<p class="shop">Test provider</p>
<h1>Get paid</h1>
<p>Tell us who you are and where your money should go.</p>{notice}
<form class="pay" method="post" action="/setup/{id}">
<label for="business_type">Kind of business</label>
<select id="business_type" name="business_type" required>{individual}{company}</select>
<div class="pair"><div>{first}</div><div>{last}</div></div>
{birthday}{email}{website}
<div class="pair"><div>{name}</div><div>{tax}</div></div>
{bank}
<button type="submit">Agree and submit</button>
</form>
<p class="test">Test form: make everything up. As bank account take <code>{example}</code>; others of Stripe's test numbers make payouts fail.</p>"#,
        notice = notice.unwrap_or_default(),
        id = escape(&visit.link.id),
        individual = kind("individual", "An individual"),
        company = kind("company", "A company"),
        first = field("first_name", "First name", "text", &typed.first_name, r#"autocomplete="given-name""#),
        last = field("last_name", "Last name", "text", &typed.last_name, r#"autocomplete="family-name""#),
        birthday = field("birthday", "Date of birth", "date", &typed.birthday, r#"autocomplete="bday""#),
        email = field("email", "Email", "email", &typed.email, r#"autocomplete="email" required"#),
        website = field("website", "Website", "text", &typed.website, r#"autocomplete="url" required"#),
        name = field("company", "Company (if one)", "text", &typed.company, r#"autocomplete="organization""#),
        tax = field("tax_id", "Its tax number", "text", &typed.tax_id, ""),
        bank =
            field("bank_account", "Bank account number", "text", &typed.bank_account, r#"autocomplete="off" required"#),
    );
    page("Get paid", "", "", &body)
}

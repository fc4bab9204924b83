//! The pages' HTML. Everything that comes from outside is escaped here, and nowhere else.

use crate::money;
use crate::objects::payment_intent::{PaymentIntent, Status};

/// The style of all pages.
pub(super) const STYLE: &str = include_str!("style.css");

/// Who is paid, where nobody said.
pub(super) const SHOP: &str = "Test shop";

/// What a page says below its content.
const TEST_NOTE: &str = r#"<p class="test">Test payment: no money moves.</p>"#;

/// Why the last try failed, and what may be filled in again: who pays, never with what.
#[derive(Debug)]
pub(super) struct Notice<'a> {
    pub(super) message: &'a str,
    pub(super) name: &'a str,
    pub(super) email: Option<&'a str>,
}

impl<'a> Notice<'a> {
    /// Why the intent's last try failed, if it did.
    pub(super) fn of(intent: &'a PaymentIntent) -> Option<Self> {
        let failure = intent.last_failure.as_ref()?;
        let billing = &failure.payment_method.billing;
        Some(Self {
            message: failure.decline.message(),
            name: billing.name.as_deref().unwrap_or_default(),
            email: billing.email.as_deref(),
        })
    }
}

/// One line of what is bought.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    /// Such as `2 × EUR 25.00`; none for a single piece.
    pub(super) pieces: Option<String>,
    pub(super) amount: String,
}

/// A payment that waits for its buyer.
#[derive(Debug)]
pub(super) struct Till<'a> {
    pub(super) shop: &'a str,
    pub(super) amount: String,
    pub(super) description: Option<&'a str>,
    pub(super) items: Vec<Item<'a>>,
    /// Where the form goes, and what it carries along.
    pub(super) action: &'a str,
    pub(super) hidden: Vec<(&'a str, &'a str)>,
    /// The types of payment method that are offered.
    pub(super) types: &'a [String],
    /// Whether the buyer has to give an email address.
    pub(super) asks_email: bool,
    /// The buyer's email address, if the shop knows it.
    pub(super) email: Option<&'a str>,
    /// The way back to the shop without paying.
    pub(super) cancel_url: Option<&'a str>,
    /// The bank's page, if the buyer left it without an answer.
    pub(super) bank: Option<&'a str>,
    pub(super) notice: Option<&'a Notice<'a>>,
}

/// The page on which the buyer pays.
pub(super) fn till(till: &Till<'_>) -> String {
    let offers = |kind: &str| till.types.iter().any(|offered| offered == kind);
    let forms = match (offers("card"), offers("sepa_debit")) {
        (true, true) => format!(
            r#"<details name="method" open><summary>Card</summary>{}</details>
<details name="method"><summary>SEPA Direct Debit</summary>{}</details>"#,
            card_form(till),
            debit_form(till)
        ),
        (false, true) => debit_form(till),
        _ => card_form(till),
    };
    let body = format!(
        r#"<section class="order">{}</section>
<section class="pay" aria-label="Payment">{}{}{forms}</section>"#,
        order(till),
        warning(till),
        unfinished(till),
    );
    page(&format!("Pay {} · {}", till.amount, till.shop), "", "till", &body)
}

fn order(till: &Till<'_>) -> String {
    let back = till.cancel_url.map(|url| format!(r#"<a class="back" href="{}">Back to the shop</a>"#, escape(url)));
    let description = till.description.map(|text| format!("<p>{}</p>", escape(text))).unwrap_or_default();
    let lines: String = till.items.iter().map(line).collect();
    let lines = if lines.is_empty() {
        lines
    } else {
        format!(r#"<ul>{lines}<li class="total"><span>Total</span><span>{}</span></li></ul>"#, till.amount)
    };
    format!(
        r#"{}<p class="shop">{}</p><h1><small>To pay</small>{}</h1>{description}{lines}"#,
        back.unwrap_or_default(),
        escape(till.shop),
        till.amount,
    )
}

fn line(item: &Item<'_>) -> String {
    let small = |text: &str| format!("<small>{}</small>", escape(text));
    format!(
        "<li><span>{}{}{}</span><span>{}</span></li>",
        escape(item.name),
        item.description.map(small).unwrap_or_default(),
        item.pieces.as_deref().map(small).unwrap_or_default(),
        item.amount,
    )
}

fn warning(till: &Till<'_>) -> String {
    let Some(notice) = till.notice else {
        return String::new();
    };
    format!(
        r#"<div class="notice" role="alert" id="declined"><strong>{}</strong>Nothing was charged. Please check the details or pay another way.</div>"#,
        escape(notice.message)
    )
}

fn unfinished(till: &Till<'_>) -> String {
    let Some(bank) = till.bank else {
        return String::new();
    };
    format!(
        r#"<div class="notice waiting" role="alert"><strong>Your bank still waits for your confirmation.</strong>Nothing was charged yet. <a href="{}">Continue at your bank</a>, or pay another way.</div>"#,
        escape(bank)
    )
}

fn card_form(till: &Till<'_>) -> String {
    let described = if till.notice.is_some() { r#" aria-invalid="true" aria-describedby="declined""# } else { "" };
    let fields = format!(
        r#"{email}<label for="number">Card number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="cc-number" maxlength="23" placeholder="1234 1234 1234 1234" required{described}>
<div class="pair">
<div><label for="expiry">Expiry</label>
<input id="expiry" name="expiry" inputmode="numeric" autocomplete="cc-exp" maxlength="7" placeholder="MM/YY" required></div>
<div><label for="cvc">Security code</label>
<input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" maxlength="4" placeholder="CVC" required></div>
</div>
{name}"#,
        email = if till.asks_email { email(till, "email") } else { String::new() },
        name = name(till, "name", "Name on the card", "cc-name"),
    );
    let hint = r#"<ul class="cards">
<li><code>4242 4242 4242 4242</code> pays</li>
<li><code>4000 0027 6000 3184</code> asks for 3-D Secure</li>
<li><code>4000 0000 0000 0002</code> is declined</li>
</ul><p class="test">With any future date and any code.</p>"#;
    form(till, &fields, hint)
}

fn debit_form(till: &Till<'_>) -> String {
    // The bank writes to the buyer, so an address is needed in any case.
    let fields = format!(
        r#"{email}<label for="iban">IBAN</label>
<input id="iban" name="iban" autocomplete="off" maxlength="42" placeholder="DE00 0000 0000 0000 0000 00" required>
{name}
<p class="mandate">By paying you allow {shop} to debit this account once, and your bank to do so. You can have the money back from your bank for eight weeks.</p>"#,
        email = if till.email.is_some() { String::new() } else { email(till, "debit-email") },
        name = name(till, "debit-name", "Account holder", "name"),
        shop = escape(till.shop),
    );
    let hint = r#"<ul class="cards">
<li><code>DE89 3704 0044 0532 0130 00</code> pays after a while</li>
<li><code>DE62 3704 0044 0532 0130 01</code> fails after a while</li>
</ul>"#;
    form(till, &fields, hint)
}

fn email(till: &Till<'_>, id: &str) -> String {
    let typed = till.notice.and_then(|notice| notice.email).unwrap_or_default();
    format!(
        r#"<label for="{id}">Email</label>
<input id="{id}" name="email" type="email" autocomplete="email" maxlength="200" value="{}" placeholder="you@example.com" required>
"#,
        escape(typed)
    )
}

fn name(till: &Till<'_>, id: &str, label: &str, autocomplete: &str) -> String {
    let typed = till.notice.map(|notice| notice.name).unwrap_or_default();
    format!(
        r#"<label for="{id}">{label}</label>
<input id="{id}" name="name" autocomplete="{autocomplete}" maxlength="100" value="{}" required>"#,
        escape(typed)
    )
}

fn form(till: &Till<'_>, fields: &str, hint: &str) -> String {
    let hidden: String = till.hidden.iter().map(|(name, value)| hidden(name, value)).collect();
    let known = till.email.map(|email| format!(r#"<p class="known">{}</p>"#, escape(email))).unwrap_or_default();
    format!(
        r#"<form method="post" action="{action}">
{hidden}{known}{fields}
<button type="submit">Pay {amount}</button>
</form>
{TEST_NOTE}{hint}"#,
        action = escape(till.action),
        amount = till.amount,
    )
}

fn hidden(name: &str, value: &str) -> String {
    format!(r#"<input type="hidden" name="{name}" value="{}">"#, escape(value))
}

/// The bank's page.
pub(super) fn bank(intent: &PaymentIntent, shop: &str) -> String {
    let amount = money::shown(intent.amount, &intent.currency);
    let body = format!(
        r#"<p class="shop">Your bank · 3-D Secure</p>
<h1>Is this you?</h1>
<p>{shop} wants to charge <strong>{amount}</strong>. Your bank asks you to confirm that it is you who pays.</p>
<form method="post" action="/3d-secure/{id}">{secret}
<button type="submit" name="outcome" value="complete">Complete authentication</button>
<button type="submit" class="plain" name="outcome" value="fail">Fail authentication</button>
</form>
<p class="test">A real bank would ask for a code or a look at its app. This one takes your word. Closing this page leaves the payment unfinished.</p>"#,
        shop = escape(shop),
        id = escape(&intent.id),
        secret = hidden("client_secret", &intent.client_secret),
    );
    page("Your bank asks", "", "", &body)
}

/// How the payment ended, with the way back to the shop.
pub(super) fn outcome(intent: &PaymentIntent, way_back: Option<&str>) -> String {
    let amount = money::shown(intent.amount, &intent.currency);
    let (title, text, class) = match intent.status {
        Status::Succeeded | Status::RequiresCapture => {
            ("Payment successful", format!("{amount} was paid. Thank you."), "done")
        }
        Status::Processing => ("Payment under way", format!("Your bank is still working on {amount}."), "done"),
        Status::Canceled => ("Payment cancelled", "This payment was cancelled. Nothing was charged.".to_owned(), ""),
        _ => {
            let reason = intent.last_failure.as_ref().map_or("", |failure| failure.decline.message());
            ("Payment failed", format!("{reason} Nothing was charged."), "failed")
        }
    };
    ending(title, &text, class, way_back)
}

/// A last page, which leads on by itself where there is somewhere to go.
pub(super) fn ending(title: &str, text: &str, class: &str, way_on: Option<&str>) -> String {
    let refresh = way_on.map(|url| format!(r#"<meta http-equiv="refresh" content="1;url={}">"#, escape(url)));
    let link = way_on.map(|url| format!(r#"<a class="button" href="{}">Back to the shop</a>"#, escape(url)));
    let body =
        format!(r#"<h1 class="{class}" role="status">{title}</h1><p>{}</p>{}"#, escape(text), link.unwrap_or_default());
    page(title, &refresh.unwrap_or_default(), "", &body)
}

/// A link that names no payment, or not with its secret.
pub(super) fn unknown() -> String {
    let text = "This link is not valid, or not complete. Please go back to the shop and start again.";
    ending("Payment not found", text, "", None)
}

pub(super) fn page(title: &str, head: &str, class: &str, body: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>{}</title>{head}<style>{STYLE}</style></head>
<body><main class="{class}">{body}</main></body></html>
"#,
        escape(title)
    )
}

pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_from_outside_stays_text() {
        assert_eq!(escape(r#"<a href="x">'&'"#), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;");
    }
}

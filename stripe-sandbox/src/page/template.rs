//! The pages' HTML. Everything that comes from outside is escaped here, and nowhere else.

use crate::money;
use crate::objects::payment_intent::{PaymentIntent, Status};

/// The style of all pages.
pub(super) const STYLE: &str = include_str!("style.css");

/// Why the last try failed, and what may be filled in again: the name, never the card.
pub(super) struct Notice<'a> {
    pub(super) message: &'a str,
    pub(super) name: &'a str,
}

/// The form in which the buyer pays.
pub(super) fn form(intent: &PaymentIntent, return_url: Option<&str>, notice: Option<&Notice<'_>>) -> String {
    let amount = money::shown(intent.amount, &intent.currency);
    let description = intent.description.as_deref().map(|text| format!("<p>{}</p>", escape(text))).unwrap_or_default();
    let hidden = |name: &str, value: &str| format!(r#"<input type="hidden" name="{name}" value="{}">"#, escape(value));
    let back = return_url.map(|url| hidden("return_url", url)).unwrap_or_default();
    let (warning, name, described) = match notice {
        None => (String::new(), String::new(), ""),
        Some(notice) => (
            format!(
                r#"<div class="notice" role="alert" id="declined"><strong>{}</strong>Nothing was charged. Please check the details or use another card.</div>"#,
                escape(notice.message)
            ),
            escape(notice.name),
            r#" aria-invalid="true" aria-describedby="declined""#,
        ),
    };
    let body = format!(
        r#"<h1><small>To pay</small>{amount}</h1>{description}{warning}
<form method="post" action="/pay/{id}" autocomplete="on">
{secret}{back}
<label for="number">Card number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="cc-number" maxlength="23" placeholder="1234 1234 1234 1234" required{described}>
<div class="pair">
<div><label for="expiry">Expiry</label>
<input id="expiry" name="expiry" inputmode="numeric" autocomplete="cc-exp" maxlength="7" placeholder="MM/YY" required></div>
<div><label for="cvc">Security code</label>
<input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" maxlength="4" placeholder="CVC" required></div>
</div>
<label for="name">Name on the card</label>
<input id="name" name="name" autocomplete="cc-name" maxlength="100" value="{name}" required>
<button type="submit">Pay {amount}</button>
</form>
<p class="test">Test payment: no money moves. <code>4242 4242 4242 4242</code> pays, <code>4000 0000 0000 0002</code> is declined, with any future date and any code.</p>"#,
        id = escape(&intent.id),
        secret = hidden("client_secret", &intent.client_secret),
    );
    page(&format!("Pay {amount}"), "", &body)
}

/// How the payment ended, with the way back to the shop.
pub(super) fn outcome(intent: &PaymentIntent, status: Status, way_back: Option<&str>) -> String {
    let amount = money::shown(intent.amount, &intent.currency);
    let (title, text, class) = match status {
        Status::Succeeded | Status::RequiresCapture => {
            ("Payment successful", format!("{amount} was paid. Thank you."), "done")
        }
        Status::Processing => ("Payment under way", format!("Your bank is still working on {amount}."), "done"),
        _ => ("Payment cancelled", "This payment was cancelled. Nothing was charged.".to_owned(), ""),
    };
    let refresh = way_back.map(|url| format!(r#"<meta http-equiv="refresh" content="2;url={}">"#, escape(url)));
    let link = way_back.map(|url| format!(r#"<a class="button" href="{}">Back to the shop</a>"#, escape(url)));
    let body = format!(r#"<h1 class="{class}" role="status">{title}</h1><p>{text}</p>{}"#, link.unwrap_or_default());
    page(title, &refresh.unwrap_or_default(), &body)
}

/// A link that names no payment, or not with its secret.
pub(super) fn unknown() -> String {
    page(
        "Payment not found",
        "",
        "<h1>Payment not found</h1><p>This link is not valid, or not complete. Please go back to the shop and start again.</p>",
    )
}

fn page(title: &str, head: &str, body: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>{title}</title>{head}<style>{STYLE}</style></head>
<body><main>{body}</main></body></html>
"#
    )
}

fn escape(text: &str) -> String {
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

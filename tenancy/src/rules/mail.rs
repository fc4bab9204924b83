//! How a reseller writes to its buyers: whether at all, as whom, in which language, and where its tickets are shown.

use std::fmt;

use foundation::{
    id::{OrderId, PerformanceId},
    mail::Language,
    refusal::FieldErrors,
};
use url::Url;

use super::fields;

/// The most bytes of a sender's name: longer ones are cut off by what shows a letter.
const SENDER_MAX: usize = 80;

/// A reseller's mail to its buyers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Whether the platform writes to the reseller's buyers at all.
    pub enabled: bool,
    /// The name that letters come from; the reseller's own if none is given.
    pub sender_name: Option<String>,
    /// Where a buyer's answer goes.
    pub reply_to: Option<String>,
    /// The language of a buyer who has not chosen one.
    pub language: Language,
    /// Where a buyer finds a ticket; without it letters list the tickets without links.
    pub ticket_url: Option<TicketUrl>,
    /// Where somebody who waits goes on; without it letters to them have no link.
    pub waiting_url: Option<WaitingUrl>,
}

/// What to change; what is not said stays. `Some(None)` takes a value away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailChanges {
    /// Whether the platform writes to the reseller's buyers at all.
    pub enabled: Option<bool>,
    /// The name that letters come from.
    pub sender_name: Option<Option<String>>,
    /// Where a buyer's answer goes.
    pub reply_to: Option<Option<String>>,
    /// The language of a buyer who has not chosen one.
    pub language: Option<Language>,
    /// Where a buyer finds a ticket.
    pub ticket_url: Option<Option<String>>,
    /// Where somebody who waits goes on.
    pub waiting_url: Option<Option<String>>,
}

impl MailChanges {
    /// The mail as it will be; what is wrong is noted, and stays as it was.
    pub(crate) fn apply(&self, to: &Mail, wrong: &mut FieldErrors) -> Mail {
        let changed = |new: &Option<Option<String>>, old: &Option<String>| new.as_ref().unwrap_or(old).clone();
        let after = Mail {
            enabled: self.enabled.unwrap_or(to.enabled),
            sender_name: changed(&self.sender_name, &to.sender_name),
            reply_to: changed(&self.reply_to, &to.reply_to),
            language: self.language.unwrap_or(to.language),
            ticket_url: match &self.ticket_url {
                Some(text) => text.as_deref().and_then(|text| noted(wrong, "/mail/ticket_url", TicketUrl::parse(text))),
                None => to.ticket_url.clone(),
            },
            waiting_url: match &self.waiting_url {
                Some(text) => {
                    text.as_deref().and_then(|text| noted(wrong, "/mail/waiting_url", WaitingUrl::parse(text)))
                }
                None => to.waiting_url.clone(),
            },
        };
        if let Some(name) = &after.sender_name {
            fields::line(wrong, "/mail/sender_name", name, SENDER_MAX);
        }
        if let Some(address) = &after.reply_to {
            fields::email(wrong, "/mail/reply_to", address);
        }
        after
    }
}

fn noted<T, E: fmt::Display>(wrong: &mut FieldErrors, pointer: &str, read: Result<T, E>) -> Option<T> {
    if let Err(refused) = &read {
        wrong.check(false, pointer, refused.to_string());
    }
    read.ok()
}

/// Whether a text is an address of a page in a reseller's shop, with each of these places to fill in once behind its host.
fn is_page(text: &str, places: &[&str]) -> bool {
    let once = places.iter().all(|place| text.matches(place).count() == 1);
    let plain = places.iter().fold(text.to_owned(), |plain, place| plain.replacen(place, "1", 1));
    // No other place to fill in, and nothing that one reader of addresses takes for another than the next.
    let ascii = plain.bytes().all(|byte| byte.is_ascii_graphic() && !br#"{}"'<>\"#.contains(&byte));
    let Some(url) = Url::parse(&plain).ok().filter(|_| text.len() <= 500 && once && ascii) else { return false };
    let open = url.username().is_empty() && url.password().is_none();
    // The host is the reseller's own, whatever is filled in.
    let begin = format!("https://{}", text.get(8..).unwrap_or_default().split('/').next().unwrap_or_default());
    let fixed_host = !begin.contains('{') && text.starts_with(&format!("{begin}/"));
    url.scheme() == "https" && open && fixed_host
}

/// The address of a ticket's page in a reseller's shop, with `{order_id}` and `{item_no}` where those stand.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct TicketUrl(String);

/// Why a text is no such address; the text completes a sentence that begins with the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an address of at most 500 bytes that begins with https://, without user name and password, and has {{order_id}} and \
     {{item_no}} once each behind its host, such as https://shop.example.com/tickets/{{order_id}}/{{item_no}}"
)]
pub struct NotATicketUrl;

impl TicketUrl {
    const ORDER: &str = "{order_id}";
    const ITEM: &str = "{item_no}";

    /// Reads an address.
    ///
    /// # Errors
    /// If it breaks a rule.
    pub fn parse(text: &str) -> Result<Self, NotATicketUrl> {
        if is_page(text, &[Self::ORDER, Self::ITEM]) { Ok(Self(text.to_owned())) } else { Err(NotATicketUrl) }
    }

    /// The page of this ticket.
    #[must_use]
    pub fn of(&self, order: OrderId, item_no: i16) -> String {
        self.0.replacen(Self::ORDER, &order.to_string(), 1).replacen(Self::ITEM, &item_no.to_string(), 1)
    }
}

impl fmt::Display for TicketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of the page on which somebody who waits goes on, with `{performance_id}` and `{entry_id}` where those stand.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct WaitingUrl(String);

/// Why a text is no such address; the text completes a sentence that begins with the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an address of at most 500 bytes that begins with https://, without user name and password, and has \
     {{performance_id}} and {{entry_id}} once each behind its host, such as \
     https://shop.example.com/waiting/{{performance_id}}/{{entry_id}}"
)]
pub struct NotAWaitingUrl;

impl WaitingUrl {
    const PERFORMANCE: &str = "{performance_id}";
    const ENTRY: &str = "{entry_id}";

    /// Reads an address.
    ///
    /// # Errors
    /// If it breaks a rule.
    pub fn parse(text: &str) -> Result<Self, NotAWaitingUrl> {
        if is_page(text, &[Self::PERFORMANCE, Self::ENTRY]) { Ok(Self(text.to_owned())) } else { Err(NotAWaitingUrl) }
    }

    /// The page of this entry.
    #[must_use]
    pub fn of(&self, performance: PerformanceId, entry: &str) -> String {
        self.0.replacen(Self::PERFORMANCE, &performance.to_string(), 1).replacen(Self::ENTRY, entry, 1)
    }
}

impl fmt::Display for WaitingUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_has_a_page() {
        let url = WaitingUrl::parse("https://shop.example.com/w/{performance_id}?e={entry_id}").unwrap();
        let performance: PerformanceId = "perf_0192f0c1000070008000000000000001".parse().unwrap();
        let page = "https://shop.example.com/w/perf_0192f0c1000070008000000000000001?e=wait_1";
        assert_eq!(url.of(performance, "wait_1"), page);
        for text in ["https://shop.example.com/{entry_id}", "https://{entry_id}.example.com/{performance_id}"] {
            assert_eq!(WaitingUrl::parse(text), Err(NotAWaitingUrl), "{text}");
        }
    }

    #[test]
    fn a_ticket_has_its_page() {
        let url = TicketUrl::parse("https://shop.example.com/t?order={order_id}&no={item_no}").unwrap();
        let order: OrderId = "ord_0192f0c1000070008000000000000001".parse().unwrap();
        assert_eq!(url.of(order, 12), "https://shop.example.com/t?order=ord_0192f0c1000070008000000000000001&no=12");
    }

    #[test]
    fn what_is_no_page_of_a_ticket_is_refused() {
        for text in [
            "",
            "https://",
            "https://shop.example.com/",
            "https://shop.example.com/{order_id}",
            "https://shop.example.com/{item_no}",
            "https://shop.example.com/{order_id}/{order_id}/{item_no}",
            "https://shop.example.com/{order_id}/{item_no}/{name}",
            "https://{order_id}.example.com/{item_no}",
            "https://shop.example.com:{item_no}/{order_id}",
            "https://shop.example.com?{order_id}/{item_no}",
            "http://shop.example.com/{order_id}/{item_no}",
            "HTTPS://shop.example.com/{order_id}/{item_no}",
            "javascript:alert({order_id}/{item_no})",
            "https://ada:secret@shop.example.com/{order_id}/{item_no}",
            "https://shop.example.com/ {order_id}/{item_no}",
            "https://shop.example.com/\r\n{order_id}/{item_no}",
            "https://shop.example.com/\"{order_id}/{item_no}",
            "https://shop.example.com/é/{order_id}/{item_no}",
            &format!("https://shop.example.com/{}/{{order_id}}/{{item_no}}", "a".repeat(500)),
        ] {
            assert_eq!(TicketUrl::parse(text), Err(NotATicketUrl), "{text}");
        }
    }
}

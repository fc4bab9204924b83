//! A letter as a message: who it is from, its headers, its two parts.

use foundation::{Mode, mail::Language};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use tenancy::{Notice, Reseller, TicketUrl, WaitingUrl};
use ticketing::rules::{
    invitation::{Call, Invitation},
    letter::Letter,
};

use crate::{figures, page::Page, post::Verdict, queue::Claimed};

/// The most characters of a name or a subject.
const LINE_MAX: usize = 150;

/// Who writes: the reseller as it is when a letter is sent.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    enabled: bool,
    /// The name that buyers know it by.
    pub(crate) name: String,
    reply_to: Option<String>,
    language: Language,
    pub(crate) ticket_url: Option<TicketUrl>,
    pub(crate) waiting_url: Option<WaitingUrl>,
    /// Whether nothing of it is real.
    pub(crate) test: bool,
}

impl Sender {
    pub(crate) fn of(reseller: Reseller) -> Self {
        let mail = reseller.mail;
        Self {
            enabled: mail.enabled,
            name: mail.sender_name.unwrap_or(reseller.name),
            reply_to: mail.reply_to,
            language: mail.language,
            ticket_url: mail.ticket_url,
            waiting_url: mail.waiting_url,
            test: reseller.mode == Mode::Test,
        }
    }

    pub(crate) fn enabled(&self) -> bool {
        self.enabled
    }
}

/// Writes a letter out.
///
/// # Errors
/// The verdict on a letter that cannot be sent: it waits if its kind is not known to this version of the program, because a
/// newer one may run beside it.
pub(crate) fn write(sender: &Sender, claimed: &Claimed, from: &Address) -> Result<Message, Verdict> {
    let unusable = |what: &str| Verdict::Refused(format!("{what} is no address that mail can go to"));
    let to: Address = claimed.recipient.parse().map_err(|_| unusable("the recipient's"))?;
    let page = page(sender, claimed)?;
    let mark = if sender.test { "[Test] " } else { "" };
    let mut message = Message::builder()
        .from(Mailbox::new(Some(line(&sender.name)), from.clone()))
        .to(Mailbox::new(claimed.recipient_name.as_deref().map(line), to))
        .subject(line(&format!("{mark}{}", page.subject)))
        // Of the letter, not of the try: the same at every delivery.
        .message_id(Some(format!("<{}@{}>", claimed.letter_id, from.domain())))
        .date(figures::timestamp(claimed.created_at).into());
    if let Some(reply_to) = &sender.reply_to {
        message =
            message.reply_to(Mailbox::new(None, reply_to.parse().map_err(|_| unusable("the sender's reply_to"))?));
    }
    for (name, value) in [
        // So that nobody's out-of-office assistant answers.
        (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated"),
        (HeaderName::new_from_ascii_str("Content-Language"), page.language.as_str()),
    ] {
        message = message.raw_header(HeaderValue::new(name, value.to_owned()));
    }
    let rendered = page.render();
    let written = rendered.map_err(|error| error.to_string()).and_then(|(text, html)| {
        message.multipart(MultiPart::alternative_plain_html(text, html)).map_err(|error| error.to_string())
    });
    written.map_err(|error| Verdict::PutOff(format!("it could not be written: {error}")))
}

fn page(sender: &Sender, claimed: &Claimed) -> Result<Page, Verdict> {
    let unreadable = |error: serde_json::Error| {
        Verdict::PutOff(format!("this version of the program cannot read the letter: {error}"))
    };
    let language = claimed.language.unwrap_or(sender.language);
    if claimed.to_reseller {
        let notice: Notice = serde_json::from_value(claimed.data.clone()).map_err(unreadable)?;
        return Ok(Page::of_notice(&notice, sender, language));
    }
    if Call::KINDS.contains(&claimed.kind.as_str()) {
        let invitation: Invitation = serde_json::from_value(claimed.data.clone()).map_err(unreadable)?;
        return Ok(Page::of_invitation(&invitation, sender, language));
    }
    let letter: Letter = serde_json::from_value(claimed.data.clone()).map_err(unreadable)?;
    Ok(Page::of(&letter, sender, language))
}

/// Text for a header: one line, not endless. What would begin a line of its own becomes a space.
fn line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LINE_MAX).collect()
}

fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_one_line() {
        assert_eq!(line("Ada\r\nBcc: eve@example.com\0"), "Ada Bcc: eve@example.com");
        assert_eq!(line("a\u{2028}b\u{85}c\td"), "a b c d");
        assert_eq!(line(&"é".repeat(1_000)).chars().count(), LINE_MAX);
    }
}

//! What the texts of this crate have to look like. Each check notes a wrong field, so that all of them are told at once.

use foundation::{Country, refusal::FieldErrors};

/// The most bytes of a name.
const NAME_MAX: usize = 200;
/// The most bytes of a postal address.
const ADDRESS_MAX: usize = 500;
/// The most bytes of a tax id; the longest in use have some twenty.
const TAX_ID_MAX: usize = 50;
/// The most bytes of an e-mail address that a mail server has to take (RFC 5321).
const EMAIL_MAX: usize = 254;

/// A name: one line.
pub(crate) fn name(fields: &mut FieldErrors, pointer: &str, text: &str) {
    line(fields, pointer, text, NAME_MAX);
}

/// A text of one line, 1 to `most` bytes.
pub(crate) fn line(fields: &mut FieldErrors, pointer: &str, text: &str, most: usize) {
    let fits = is_text(text, most) && !text.chars().any(char::is_control);
    fields.check(fits, pointer, format!("must be one line of 1 to {most} bytes"));
}

/// A postal address, which may have several lines.
pub(crate) fn address(fields: &mut FieldErrors, text: &str) {
    let fits = is_text(text, ADDRESS_MAX) && !text.chars().any(|c| c.is_control() && c != '\n');
    fields.check(fits, "/address", format!("must be 1 to {ADDRESS_MAX} bytes of text"));
}

/// A tax id, if there is one.
pub(crate) fn tax_id(fields: &mut FieldErrors, text: Option<&str>) {
    if let Some(text) = text {
        line(fields, "/tax_id", text, TAX_ID_MAX);
    }
}

/// An e-mail address, closely enough to catch a slip. Whether mail arrives, only mail can tell.
pub(crate) fn email(fields: &mut FieldErrors, pointer: &str, text: &str) {
    let fits = text.len() <= EMAIL_MAX
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| is_mail_part(local) && is_mail_part(domain) && is_dotted(domain));
    fields.check(fits, pointer, "must be an e-mail address");
}

/// A country as ISO 3166-1 writes it in two letters.
pub(crate) fn country(fields: &mut FieldErrors, text: &str) {
    if let Err(refused) = text.parse::<Country>() {
        fields.check(false, "/country", refused.to_string());
    }
}

fn is_text(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.len() <= most
}

fn is_mail_part(part: &str) -> bool {
    !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control() || c == '@')
}

fn is_dotted(domain: &str) -> bool {
    domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
}

//! How a request is refused, and how anything else can fail. Faces turn a [`Refusal`] into their own form (a problem, a
//! page); the codes here are part of the contract: never renamed, never reused.

use std::{borrow::Cow, time::Duration};

use serde::Serialize;
use serde_json::Value;

/// What a use case gives back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The class of a refusal: what its cause is, without a word of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The request cannot be read or breaks a rule by itself.
    Invalid,
    /// A well-formed request whose content breaks a rule.
    Unprocessable,
    /// Who asks is not known.
    Unauthenticated,
    /// Who asks may not.
    Forbidden,
    /// There is no such thing (or it is another's).
    Missing,
    /// The thing is in another state than the request needs.
    Conflict,
    /// The thing was there and has ended.
    Gone,
    /// The object changed since the caller read it.
    Stale,
    /// The caller did not say which version it changes.
    PreconditionRequired,
    /// The region is served elsewhere.
    Misdirected,
    /// The request is larger than is taken.
    TooLarge,
    /// Too many requests.
    Throttled,
    /// Not now: come again.
    Unavailable,
    /// Our mistake.
    Internal,
}

macro_rules! codes {
    ($($variant:ident $code:literal $class:ident $title:literal;)*) => {
        /// Every code a refusal can carry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $variant,)* }
        impl Code {
            /// All codes, in the order of this list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The stable code on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $code,)* } }
            /// What kind of refusal it is.
            #[must_use]
            pub fn class(self) -> Class { match self { $(Self::$variant => Class::$class,)* } }
            /// A short sentence that is the same at every occurrence.
            #[must_use]
            pub fn title(self) -> &'static str { match self { $(Self::$variant => $title,)* } }
        }
    };
}

codes! {
    AccessiblePlace "accessible_place" Conflict "The place is kept for who needs it";
    AlreadyCheckedIn "already_checked_in" Conflict "The ticket is checked in already";
    AlreadyDecided "already_decided" Conflict "It has been decided";
    AdjustmentNotOpen "adjustment_not_open" Conflict "The adjustment is past that step";
    AlternativesOverlap "alternatives_overlap" Unprocessable "A section or area is in two alternatives";
    BalanceInsufficient "balance_insufficient" Conflict "Less than that is available";
    BodyTooLarge "body_too_large" TooLarge "The body is larger than is taken";
    Busy "busy" Unavailable "The platform is busy; try again with the same key";
    BuyerLimit "buyer_limit" Conflict "One buyer may not have so many tickets";
    CardData "card_data_refused" Unprocessable "Card data is never taken here";
    CaseClosed "case_closed" Conflict "The support case is closed";
    CaseFull "case_full" Conflict "The support case has as many messages as it may";
    CaseNotOpen "case_not_open" Conflict "The support case is past that step";
    CheckInFinal "check_in_final" Conflict "The check-in can no longer be undone";
    CodeInvalid "code_invalid" Unprocessable "The code is not valid for this";
    BlockReleased "block_released" Conflict "The block has been released";
    CodeUsed "code_used" Conflict "The code is not good for so many tickets any more";
    CompanionAlone "companion_alone" Unprocessable "A companion's seat goes with its wheelchair place only";
    CredentialsInvalid "credentials_invalid" Unauthenticated "The credentials are not valid";
    CredentialsMissing "credentials_missing" Unauthenticated "Credentials are needed";
    CsvInvalid "csv_invalid" Unprocessable "The table cannot be imported";
    CurrencyMismatch "currency_mismatch" Unprocessable "The currencies differ";
    DisputeNotOpen "dispute_not_open" Conflict "The dispute takes no evidence now";
    DoorsNotOpen "doors_not_open" Conflict "The doors are not open at that time";
    EndpointLimit "endpoint_limit" Conflict "There are as many webhook endpoints as an account may have";
    EndpointNotEnabled "endpoint_not_enabled" Conflict "The webhook endpoint gets no events now";
    Expired "expired" Gone "It has expired";
    Forbidden "forbidden" Forbidden "These credentials may not do this";
    HoldNotActive "hold_not_active" Conflict "The hold is no longer active";
    IdempotencyKeyInUse "idempotency_key_in_use" Conflict "A request with this key is still running";
    IdempotencyKeyMissing "idempotency_key_missing" Invalid "An Idempotency-Key is needed";
    IdempotencyKeyReused "idempotency_key_reused" Unprocessable "The key was used for another request";
    IfMatchMissing "if_match_missing" PreconditionRequired "If-Match with the object's ETag is needed";
    IfMatchStale "if_match_stale" Stale "The object has changed since it was read";
    InterestFull "interest_full" Conflict "As many addresses wait for the show as may";
    InterestTwice "interest_twice" Conflict "This address is told already when it opens";
    Internal "internal_error" Internal "An error on our side";
    InvalidCursor "invalid_cursor" Invalid "The cursor is not one of ours";
    InvalidField "invalid_field" Unprocessable "A field's value breaks a rule";
    InvalidRequest "invalid_request" Invalid "The request cannot be read";
    LayoutClash "layout_clash" Conflict "Planned performances stand in the way of the layout";
    LayoutInForce "layout_in_force" Conflict "The layout's version is past that step";
    LayoutNotPublished "layout_not_published" Conflict "The layout has no version in force";
    LeavesSingleSeat "leaves_single_seat" Conflict "A single seat would be left alone";
    LocalTimeAmbiguous "local_time_ambiguous" Unprocessable "The local time is there twice";
    LocalTimeMissing "local_time_missing" Unprocessable "The local time does not exist";
    MethodNotAllowed "method_not_allowed" Invalid "This address does not know that method";
    NameTaken "name_taken" Conflict "There is one of this name";
    NoLayout "no_layout" Conflict "The performance has no layout";
    NotCheckedIn "not_checked_in" Conflict "The ticket is not checked in";
    NotEnoughTickets "not_enough_tickets" Conflict "So many tickets are not available";
    NotFound "not_found" Missing "What was asked for is not there";
    NotTogether "not_together" Conflict "So many seats side by side are not available";
    NothingToRefund "nothing_to_refund" Conflict "Nothing of it can be refunded";
    NotOnSale "not_on_sale" Conflict "It is not on sale now";
    OnSaleAlready "on_sale_already" Conflict "It is on sale now";
    OrderExpired "order_expired" Gone "The order's payment deadline has passed";
    OrderLocked "order_locked" Conflict "A payment is under way; the order cannot be changed";
    OrderNotPaid "order_not_paid" Conflict "The order is not paid";
    OrderNotPayable "order_not_payable" Conflict "The order cannot be paid now";
    OverMaximum "over_maximum" Unprocessable "More tickets than the law or the room allows";
    OutcomeUnknown "outcome_unknown" Unavailable "Whether it was done is not known yet; ask again with the same key";
    PaymentDisputed "payment_disputed" Conflict "The payment is disputed";
    PaymentRefused "payment_refused" Unprocessable "The payment provider refuses this payment";
    PerformanceArchived "performance_archived" Conflict "The performance is archived";
    PerformancesOverlap "performances_overlap" Conflict "The layout is used by another performance at that time";
    PayoutAccountMissing "payout_account_missing" Conflict "There is no account to pay out to";
    PerformanceCancelled "performance_cancelled" Conflict "The performance is cancelled";
    PerformanceOver "performance_over" Conflict "The performance is over";
    PriceChanged "price_changed" Conflict "The price has changed";
    PriceDiffers "price_differs" Conflict "The other ticket has another price";
    PromotionUsedUp "promotion_used_up" Conflict "The promotion has been used as often as it may be";
    ProviderUnavailable "provider_unavailable" Unavailable "The payment provider did not answer";
    ReferenceTaken "reference_taken" Conflict "There is an order with this reference";
    RefundUnderWay "refund_under_way" Conflict "A refund of it is under way";
    RegionElsewhere "region_elsewhere" Misdirected "The key's region is served elsewhere";
    RequestTimeout "request_timeout" Unavailable "The request took too long";
    ReschedulingUnderWay "rescheduling_under_way" Conflict "The performance is being rescheduled already";
    ResellerSuspended "reseller_suspended" Forbidden "The account is suspended";
    SeatsUnavailable "seats_unavailable" Conflict "Some of the tickets are taken";
    SeatTwice "seat_twice" Unprocessable "A seat is named twice";
    StillInUse "still_in_use" Conflict "It is still in use";
    TestOnly "test_only" Forbidden "Only test environments can do this";
    TicketSuspended "ticket_suspended" Conflict "The ticket is suspended";
    TicketsInUse "tickets_in_use" Conflict "Tickets of it were held or sold";
    Throttled "rate_limited" Throttled "Too many requests";
    TicketUsed "ticket_used" Conflict "The ticket has been used";
    TicketVoid "ticket_void" Conflict "The ticket is void";
    TooManyOwners "too_many_owners" Conflict "The ticket has changed hands as often as it may";
    TooManyPerformances "too_many_performances" Conflict "The show has as many performances as it may have";
    TooManySecrets "too_many_secrets" Conflict "Too many signing keys of the webhook endpoint are still good";
    TooManyStreams "too_many_streams" Throttled "As many live streams are open as may be";
    TooManyTickets "too_many_tickets" Unprocessable "More tickets than one request may have";
    TicketsAvailable "tickets_available" Conflict "There are tickets; nobody has to wait";
    TooManyCases "too_many_cases" Conflict "There are as many open support cases as an account may have";
    UnknownField "unknown_field" Invalid "The request has a field that is not known";
    UnsupportedMediaType "unsupported_media_type" Invalid "The body must be application/json";
    WaitlistClosed "waitlist_closed" Conflict "The waitlist takes nobody in";
    WaitlistEntryEnded "waitlist_entry_ended" Conflict "The entry of the waitlist has ended";
    WaitlistFirst "waitlist_first" Conflict "Who is on the waitlist comes first";
    WaitlistFull "waitlist_full" Conflict "The waitlist is as long as it may be";
    WaitlistTwice "waitlist_twice" Conflict "This address is on the waitlist already";
    WrongPerformance "wrong_performance" Conflict "The ticket is for another performance";
}

/// One field or parameter that is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Where in the body: a JSON pointer (RFC 6901), which is empty or begins with a slash. Or, without one, the name of a
    /// parameter of the query; faces tell the two apart.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl FieldError {
    /// In one sentence; the whole body has no name.
    fn told(&self) -> String {
        if self.pointer.is_empty() { self.detail.clone() } else { format!("{} {}", self.pointer, self.detail) }
    }
}

/// One field or parameter that is wrong, and what to do: it has a `pointer` or a `parameter`, never both.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FieldError)]
struct ToldFieldError<'a> {
    /// Where in the body (JSON pointer, RFC 6901; empty for the whole body).
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
    /// Which parameter of the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'a str>,
    /// What is wrong with it.
    detail: &'a str,
}

impl Serialize for FieldError {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = self.pointer.as_str();
        let in_body = at.is_empty() || at.starts_with('/');
        let (pointer, parameter) = if in_body { (Some(at), None) } else { (None, Some(at)) };
        ToldFieldError { pointer, parameter, detail: &self.detail }.serialize(serializer)
    }
}

impl utoipa::PartialSchema for FieldError {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        ToldFieldError::schema()
    }
}
impl utoipa::ToSchema for FieldError {
    fn name() -> Cow<'static, str> {
        ToldFieldError::name()
    }
}

/// A request refused: nothing of it was done.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// What is wrong this time and what to do, for a person.
    pub detail: Cow<'static, str>,
    /// The fields at fault.
    pub errors: Vec<FieldError>,
    /// What could be had instead, or what else the caller needs to go on.
    pub alternatives: Option<Value>,
    /// When to come again.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal with this code and explanation.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), alternatives: None, retry_after: None }
    }

    /// A field whose value breaks a rule.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let error = FieldError { pointer: pointer.into(), detail: detail.into() };
        let mut refusal = Self::new(Code::InvalidField, error.told());
        refusal.errors.push(error);
        refusal
    }

    /// No such object, in the same words whether it never was or is another tenant's.
    #[must_use]
    pub fn missing(what: &'static str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}."))
    }

    /// The connection was lost at the commit: it may have been done or not, and the same key will tell.
    #[must_use]
    pub fn outcome_unknown() -> Self {
        let detail = "Whether it was done is not known yet; ask again with the same key.";
        Self::new(Code::OutcomeUnknown, detail).with_retry_after(Duration::from_secs(2))
    }

    /// The same refusal with what could be had instead.
    #[must_use]
    pub fn with_alternatives(mut self, alternatives: Value) -> Self {
        self.alternatives = Some(alternatives);
        self
    }

    /// The same refusal with the time after which to come again.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}

/// Collects the wrong fields of a request, so that the caller learns all of them at once.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<(Code, FieldError)>);

impl FieldErrors {
    /// Notes a wrong field unless `holds`.
    pub fn check(&mut self, holds: bool, pointer: impl Into<String>, detail: impl Into<String>) {
        if !holds {
            self.note(Code::InvalidField, pointer, detail);
        }
    }

    /// Notes a wrong field that has a code of its own.
    pub fn note(&mut self, code: Code, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push((code, FieldError { pointer: pointer.into(), detail: detail.into() }));
    }

    /// Refuses if any field was wrong.
    ///
    /// # Errors
    /// The code of the first, naming all of them.
    pub fn done(self) -> Result<(), Refusal> {
        let Some((code, first)) = self.0.first() else { return Ok(()) };
        let mut refusal = Refusal::new(*code, first.told());
        refusal.errors = self.0.into_iter().map(|(_, error)| error).collect();
        Err(refusal)
    }
}

/// Why a use case did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's part: told in full.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// The database's part: logged, never shown.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
    /// The payment provider's part.
    #[error("the payment provider failed: {0}")]
    Provider(String),
    /// A row that no rule could have written: a mistake of ours.
    #[error("inconsistent data: {0}")]
    Inconsistent(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let why = match &error {
            sqlx::Error::PoolTimedOut => {
                "More is being asked than can be served at this moment; try again, with the same key."
            }
            error if is_out_of_time(error) => {
                "It took longer than one statement may; ask for less at once, or try again, with the same key."
            }
            error if is_contention(error) => "Others are changing the same objects; try again, with the same key.",
            _ => return Self::Database(error),
        };
        Refusal::new(Code::Busy, why).with_retry_after(Duration::from_secs(1)).into()
    }
}

/// Whether the connection was lost on the way: the server has restarted, or ended a session that stood idle for too long
/// (25P03). The next try has another connection.
#[must_use]
pub fn is_lost(error: &sqlx::Error) -> bool {
    match error.as_database_error() {
        Some(told) => !is_answered(error) || told.code().is_some_and(|code| code == "25P03"),
        None => matches!(error, sqlx::Error::Io(_)),
    }
}

/// Whether the statement took longer than it may.
pub(crate) fn is_out_of_time(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "57014")
}

/// Whether the statement gave way to another transaction (deadlock, lock timeout, serialization, cancelled by a timeout) and
/// the transaction can simply be tried again.
#[must_use]
pub fn is_contention(error: &sqlx::Error) -> bool {
    const GAVE_WAY: [&str; 4] = ["40P01", "40001", "55P03", "57014"];
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| GAVE_WAY.contains(&code.as_ref()))
}

/// Whether the server said no, so that the transaction is known not to have happened. Anything else (a lost connection) leaves
/// the outcome of a commit open.
#[must_use]
pub fn is_answered(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|e| {
        // Class 57P: the server went away in the middle.
        e.code().is_none_or(|code| !code.starts_with("57P") && !code.starts_with("08"))
    })
}

/// Gives a broken constraint its meaning: the constraint is the rule, its name maps to a refusal.
pub trait OnConstraint<T> {
    /// The refusal for the constraint of this name; any other error stays what it is.
    ///
    /// # Errors
    /// The refusal, or the database's error.
    fn on_constraint(self, name: &str, refusal: impl FnOnce() -> Refusal) -> Result<T>;
}

impl<T> OnConstraint<T> for std::result::Result<T, sqlx::Error> {
    fn on_constraint(self, name: &str, refusal: impl FnOnce() -> Refusal) -> Result<T> {
        self.map_err(|error| match error.as_database_error().and_then(|e| e.constraint()) {
            Some(broken) if broken == name => refusal().into(),
            _ => error.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{} twice", code.as_str());
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        }
    }

    #[test]
    fn all_wrong_fields_are_told_at_once() {
        let mut fields = FieldErrors::default();
        fields.check(false, "/title", "must not be empty");
        fields.check(true, "/fine", "never");
        fields.check(false, "/price", "must not be negative");
        let refusal = fields.done().unwrap_err();
        assert_eq!(refusal.errors.len(), 2);
        assert_eq!(refusal.detail, "/title must not be empty");
        assert_eq!(Refusal::field("", "must say something").detail, "must say something", "the whole body has no name");
    }
}

//! Typed ids: a kind's prefix and a UUIDv7, written `perf_0192f0c1…` (32 hexadecimal digits).
//!
//! The kinds below are the whole registry; a prefix is part of the contract and never changes or moves to another kind.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sqlx::{
    Decode, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef},
};
use uuid::Uuid;

/// What an id is of; implemented by the marker types of this module only.
pub trait Kind: 'static {
    /// What stands before the underscore on the wire.
    const PREFIX: &'static str;
    /// The name of the id's schema in the API description.
    const NAME: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $marker:ident $alias:ident $prefix:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $marker {}
            impl Kind for $marker {
                const PREFIX: &'static str = $prefix;
                const NAME: &'static str = stringify!($alias);
            }
            $(#[$doc])*
            pub type $alias = Id<$marker>;
        )*
    };
}

kinds! {
    /// An account: a reseller's two environments together.
    AccountKind AccountId "acct";
    /// A correction of the books that a person decided on.
    AdjustmentKind AdjustmentId "adj";
    /// An API key (its name, not its secret).
    ApiKeyKind ApiKeyId "key";
    /// One act of an operator.
    AuditKind AuditId "audit";
    /// One combined transaction of holds.
    BatchKind BatchId "batch";
    /// The end of a performance before it took place.
    CancellationKind CancellationId "canc";
    /// The provider's balance report of a period, compared with the books.
    ComparisonKind ComparisonId "cmp";
    /// The right to enter of one owner of a ticket.
    CredentialKind CredentialId "crd";
    /// Stock kept off open sale, for nobody or for one seller.
    BlockKind BlockId "blk";
    /// Money that a buyer has with a reseller, to buy with.
    CreditKind CreditId "cred";
    /// A payment that the buyer's bank wants back.
    DisputeKind DisputeId "dp";
    /// A webhook endpoint.
    EndpointKind EndpointId "we";
    /// An entry of the event log.
    EventKind EventId "evt";
    /// A version of the platform's fee for a reseller.
    FeeRuleKind FeeRuleId "fee";
    /// A fraud warning.
    FraudWarningKind FraudWarningId "fw";
    /// A timed claim on tickets.
    HoldKind HoldId "hold";
    /// Somebody's interest in what is not on sale yet.
    InterestKind InterestId "int";
    /// A journal of the ledger.
    JournalKind JournalId "jrn";
    /// One way in which a venue is set up.
    LayoutKind LayoutId "lay";
    /// A version of a layout: one plan that never changes.
    LayoutVersionKind LayoutVersionId "layv";
    /// A letter of the mail outbox.
    LetterKind LetterId "ltr";
    /// What is sold: a ticket type in a price tier, at a price.
    OfferKind OfferId "offer";
    /// A purchase.
    OrderKind OrderId "ord";
    /// An attempt to pay an order.
    PaymentKind PaymentId "pay";
    /// Money sent to a reseller's bank account.
    PayoutKind PayoutId "po";
    /// One dated occurrence of a show.
    PerformanceKind PerformanceId "perf";
    /// A capacity that several offers share.
    PoolKind PoolId "pool";
    /// Where or when a price holds.
    PriceTierKind PriceTierId "tier";
    /// What a code takes off prices.
    PromotionKind PromotionId "promo";
    /// What a show asks its buyers.
    QuestionKind QuestionId "qst";
    /// Money given back.
    RefundKind RefundId "ref";
    /// One HTTP request.
    RequestKind RequestId "req";
    /// A performance's move to another time.
    ReschedulingKind ReschedulingId "resch";
    /// One environment of a reseller: the tenant.
    ResellerKind ResellerId "rs";
    /// When, at which price and to whom tickets are sold.
    SaleRoundKind SaleRoundId "round";
    /// A settlement: a closed period of the books in one currency.
    SettlementKind SettlementId "stl";
    /// The production.
    ShowKind ShowId "show";
    /// What a reseller asks the platform's operators about.
    SupportCaseKind SupportCaseId "case";
    /// Something that a person has to see to.
    TaskKind TaskId "task";
    /// The unit of inventory; once sold, the right to enter.
    TicketKind TicketId "tkt";
    /// Who a ticket is for (adult, child).
    TicketTypeKind TicketTypeId "tt";
    /// A place where performances are.
    VenueKind VenueId "ven";
    /// A party on a waitlist.
    WaitlistEntryKind WaitlistEntryId "wait";
}

/// An id of kind `K`. Its time part only keeps neighbours together in an index; no rule reads it.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

impl<K> Id<K> {
    /// A fresh id.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "an id that comes by default would be new each time, unseen")]
    pub fn new() -> Self {
        Self::from_uuid(Uuid::now_v7())
    }

    /// The id of this UUID, which the caller knows to be of kind `K` (a row's own column, a key's tenant part).
    #[must_use]
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The bare UUID, for the database.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.0.simple())
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no id of the kind wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not an id of the form {0}_ and 32 hexadecimal digits")]
pub struct NotAnId(&'static str);

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let refused = NotAnId(K::PREFIX);
        let digits =
            text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or_else(|| refused.clone())?;
        // One spelling per id, so that no cache or key ever sees two.
        if digits.len() != 32 || !digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(refused);
        }
        Uuid::try_parse(digits).map(Self::from_uuid).map_err(|_| refused)
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(|error| de::Error::custom(format_args!("`{text}` {error}")))
    }
}

impl<K> Type<Postgres> for Id<K> {
    fn type_info() -> PgTypeInfo {
        <Uuid as Type<Postgres>>::type_info()
    }
}
impl<K> PgHasArrayType for Id<K> {
    fn array_type_info() -> PgTypeInfo {
        <Uuid as PgHasArrayType>::array_type_info()
    }
}
impl<K> Encode<'_, Postgres> for Id<K> {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <Uuid as Encode<Postgres>>::encode_by_ref(&self.0, buf)
    }
}
impl<K> Decode<'_, Postgres> for Id<K> {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        <Uuid as Decode<Postgres>>::decode(value).map(Self::from_uuid)
    }
}

impl<K: Kind> utoipa::PartialSchema for Id<K> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(format!("^{}_[0-9a-f]{{32}}$", K::PREFIX)))
            .into()
    }
}
impl<K: Kind> utoipa::ToSchema for Id<K> {
    fn name() -> std::borrow::Cow<'static, str> {
        K::NAME.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_writes() {
        let id = HoldId::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(format!("{id:?}"), id.to_string(), "in logs too");
    }

    #[test]
    fn another_kinds_prefix_other_spellings_and_rubbish_are_refused() {
        let id = OrderId::new();
        let hyphened = format!("ord_{}", id.uuid().hyphenated());
        let upper = id.to_string().to_uppercase();
        for text in [HoldId::new().to_string(), hyphened, upper, String::new(), "ord_".to_owned(), "ord_é".to_owned()]
        {
            assert!(text.parse::<OrderId>().is_err(), "{text}");
        }
    }
}

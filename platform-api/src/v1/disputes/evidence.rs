//! `POST /v1/disputes/{dispute_id}/evidence`

use axum::http::StatusCode;
use foundation::id::{DisputeId, RequestKind};
use serde::Deserialize;
use ticketing::{rules::evidence::Evidence, use_cases::submit_evidence::submit_evidence};
use utoipa::ToSchema;

use super::DisputeView;
use crate::web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite};

/// What you say against the dispute; at least one of these. It is handed to the payment provider, for the buyer's bank, and kept
/// nowhere here.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEvidence)]
pub(crate) struct NewEvidenceBody {
    /// That the buyer used what was bought: who came in when.
    access_activity_log: Option<String>,
    /// How the buyer was told of the terms of cancelling.
    cancellation_policy_disclosure: Option<String>,
    customer_email_address: Option<String>,
    customer_name: Option<String>,
    /// From which address the buyer bought.
    customer_purchase_ip: Option<String>,
    /// What was sold.
    product_description: Option<String>,
    /// How the buyer was told of the terms of refunds.
    refund_policy_disclosure: Option<String>,
    /// When the performance was.
    service_date: Option<String>,
    /// Anything else.
    uncategorized_text: Option<String>,
}

impl NewEvidenceBody {
    fn texts(self) -> [(&'static str, Option<String>); 9] {
        [
            ("access_activity_log", self.access_activity_log),
            ("cancellation_policy_disclosure", self.cancellation_policy_disclosure),
            ("customer_email_address", self.customer_email_address),
            ("customer_name", self.customer_name),
            ("customer_purchase_ip", self.customer_purchase_ip),
            ("product_description", self.product_description),
            ("refund_policy_disclosure", self.refund_policy_disclosure),
            ("service_date", self.service_date),
            ("uncategorized_text", self.uncategorized_text),
        ]
    }
}

/// Hands evidence in for a dispute, once and for all: the bank decides on it. Refused as `dispute_not_open` when that was done
/// before, or the dispute is decided.
#[utoipa::path(post, path = "/v1/disputes/{dispute_id}/evidence", tag = "Disputes", params(("dispute_id" = DisputeId, Path)), request_body = NewEvidenceBody, responses((status = 200, body = DisputeView)))]
pub(crate) async fn submit(
    allowed: Allowed<OrdersWrite>,
    Path(id): Path<DisputeId>,
    Keyed { key, body }: Keyed<NewEvidenceBody>,
) -> Answer {
    let evidence = Evidence::parse(body.texts())?;
    let reseller = allowed.caller.reseller;
    // The same call made again is the same call at the provider.
    let provider_key = format!("evidence:{}", key.derived_id::<RequestKind>(reseller));
    let call = allowed.begin_leased(key).await?;
    let cell = &allowed.services.cell;
    let submitting = submit_evidence(cell, allowed.provider(), reseller, id, &evidence, &provider_key);
    let dispute = call.run(submitting).await?;
    let version = dispute.version;
    call.finish(StatusCode::OK, &DisputeView::from(dispute), Some(version)).await
}

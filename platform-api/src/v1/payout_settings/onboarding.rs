//! `POST /v1/payout_settings/onboarding`

use axum::http::StatusCode;
use foundation::Instant;
use serde::{Deserialize, Serialize};
use ticketing::{rules::payment::WebAddress, use_cases::onboard::onboard};
use utoipa::ToSchema;

use crate::web::{Allowed, Answer, Keyed, scope::FinanceWrite};

/// Where you come back to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOnboarding)]
pub(crate) struct NewOnboardingBody {
    /// Your own page, to which the payment provider sends your browser when you are done, or when its page is too old.
    return_url: String,
}

/// The payment provider's page.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Onboarding)]
pub(crate) struct OnboardingView {
    /// Open it in your browser: it is good once.
    url: String,
    expires_at: Instant,
}

/// Gives you a page of the payment provider's on which you say who you are and where your bank account is; without that nothing can be
/// paid out. The first time it makes your account there. Nothing of what you say there is known here.
#[utoipa::path(post, path = "/v1/payout_settings/onboarding", tag = "Finance", request_body = NewOnboardingBody, responses((status = 200, body = OnboardingView)))]
pub(crate) async fn create(allowed: Allowed<FinanceWrite>, Keyed { key, body }: Keyed<NewOnboardingBody>) -> Answer {
    let back = WebAddress::parse(&body.return_url, "/return_url")?;
    let reseller = tenancy::get_reseller(&mut allowed.tx().await?).await?;
    let call = allowed.begin_leased(key).await?;
    let who = (reseller.country.as_str(), reseller.email.as_str());
    let page = call.run(onboard(allowed.cell(), allowed.provider(), reseller.id, who, &back)).await?;
    let expires_at = Instant::from_micros(page.expires_at.saturating_mul(1_000_000));
    call.finish(StatusCode::OK, &OnboardingView { url: page.url, expires_at }, None).await
}

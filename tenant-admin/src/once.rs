//! Acts that are done once for their key, however often they are asked for: the mechanism of the resellers' API. An operator's key is never
//! a reseller's, though both are kept with the tenant: it begins with a character that no header can have.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use foundation::{
    Error, TenantTx,
    idempotency::{self, Claim, Key, StoredAnswer, read_key},
    input::json,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Cells, body::bytes_of_json, problem::Problem};

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A body with an `Idempotency-Key`.
pub(crate) struct Keyed<T> {
    pub(crate) key: Key,
    pub(crate) body: T,
}

impl<T: DeserializeOwned> FromRequest<Cells> for Keyed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, cells: &Cells) -> Result<Self, Problem> {
        let given = request.headers().get("idempotency-key").map(|value| value.to_str().unwrap_or_default());
        let text = format!("\u{1}operator {}", read_key(given)?);
        // The part of the address from the reseller on: a nested router shows no more.
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let bytes: Bytes = bytes_of_json(request, cells).await?;
        let key = Key::of(text, (method.as_str(), &path, &bytes));
        Ok(Self { key, body: json::read(&bytes)? })
    }
}

/// The answer that was given before to this request, if there was one. If not, the key is this transaction's.
///
/// # Errors
/// `idempotency_key_reused`, `idempotency_key_in_use`; the database's.
pub(crate) async fn before(tx: &mut TenantTx, key: &Key) -> Result<Option<Response>, Error> {
    match idempotency::claim(tx, key).await? {
        Claim::Fresh | Claim::Lost => Ok(None),
        Claim::Done(answer) => {
            let mut response = respond(answer);
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(Some(response))
        }
    }
}

/// Stores the answer with the effect, commits both, and gives it.
///
/// # Errors
/// The database's.
pub(crate) async fn finish(mut tx: TenantTx, key: &Key, body: &impl Serialize) -> Result<Response, Error> {
    let body = serde_json::to_string(body).map_err(|error| Error::Inconsistent(error.to_string()))?;
    let answer = StoredAnswer { status: StatusCode::OK.as_u16(), body, etag: None };
    idempotency::store(&mut tx, key, &answer).await?;
    tx.commit().await?;
    Ok(respond(answer))
}

fn respond(answer: StoredAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    (status, [(header::CONTENT_TYPE, "application/json")], answer.body).into_response()
}

//! What others send, read strictly and refused in words of the API. It knows no HTTP and no field of anyone's.

pub mod card_number;
pub mod json;
mod misfit;
mod objects;
pub mod query;

use misfit::Misfit;

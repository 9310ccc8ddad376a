//! Billing determinants (SRS IS-005, IS-006) in an IEC 61968-100 envelope.
//!
//! The standard has no profile for this noun, so the payload is Amity's own, documented in `docs/usage/messages.md`; it
//! follows the habits of IEC 61968-9: attributes first, then associations, each in alphabetical order. Elements are
//! read by local name in any order; what is not known inside the payload is a fault, never passed over.
//!
//! - [`ask`]: `create BillingDeterminantRequest`, in.
//! - [`told`]: what is told of a request, in and out; [`reply`]: what an answer says of the message it answers.
//! - [`tree`]: a small document as a whole; [`place`]: its elements with the path that names them.

mod ask;
mod place;
pub(crate) mod reply;
mod told;
mod tree;

pub use ask::{Asked, AskedOne, REQUESTS_MAX, read_requests};
pub use reply::{Reply, ReplyError, ReplyResult};
pub use told::{ToldMessage, read_told, write_told};

/// The namespace of the payload.
pub const NAMESPACE: &str = "urn:amity:billing-determinant:1";

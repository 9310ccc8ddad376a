//! Identities. An mRID stays for ever; names are what other systems call the same thing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use uuid::Uuid;

/// Master resource identifier (IEC 61970): a UUID that never changes and is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mrid(pub Uuid);

/// The text is not a UUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an mRID (UUID), found `{0}`")]
pub struct InvalidMrid(pub SmolStr);

impl FromStr for Mrid {
    type Err = InvalidMrid;

    fn from_str(text: &str) -> Result<Self, InvalidMrid> {
        Uuid::try_parse(text).map(Self).map_err(|_| InvalidMrid(text.into()))
    }
}

impl fmt::Display for Mrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Mrid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidMrid;

            fn from_str(text: &str) -> Result<Self, InvalidMrid> {
                text.parse().map(Self)
            }
        }
    )*};
}

typed_ids! {
    /// A logical point of delivery where usage is measured or estimated (CIM UsagePoint).
    UsagePointId;
    /// A physical meter (CIM Meter, an EndDevice). It moves between usage points.
    MeterId;
    /// One measured quantity of a meter or usage point.
    ChannelId;
    /// A place of service (CIM ServiceLocation).
    ServiceLocationId;
    /// A service transformer.
    TransformerId;
    /// A distribution feeder.
    FeederId;
    /// A customer (CIM Customer).
    CustomerId;
    /// A customer's account (CIM CustomerAccount).
    CustomerAccountId;
    /// An agreement between customer and supplier for a usage point (CIM CustomerAgreement).
    CustomerAgreementId;
}

/// The dense number of a channel inside one installation: an index into the readings book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelNumber(pub u32);

impl fmt::Display for ChannelNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an object is called by one authority (CIM Name, NameType, NameTypeAuthority).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Name {
    /// Who gives the name (`AEMO`, `CIS`, `HES-1`); empty where the source did not say.
    pub authority: SmolStr,
    /// What kind of name it is (`NMI`, `SerialNumber`, `MeterBadge`).
    pub kind: SmolStr,
    /// The name itself.
    pub value: SmolStr,
}

impl Name {
    /// A name of a kind without a stated authority.
    pub fn new(kind: impl Into<SmolStr>, value: impl Into<SmolStr>) -> Self {
        Self { authority: SmolStr::default(), kind: kind.into(), value: value.into() }
    }
}

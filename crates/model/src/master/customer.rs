//! Customers, their accounts and agreements.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::id::{CustomerAccountId, CustomerAgreementId, CustomerId, Name};

/// What kind of customer it is (CIM CustomerKind, the part meter data needs).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CustomerKind {
    /// A household.
    #[default]
    Residential,
    /// Business or industry.
    CommercialIndustrial,
    /// Pumping load.
    PumpingLoad,
    /// The utility's own use.
    InternalUse,
    /// Any other kind.
    Other,
}

/// A text is none of the kinds of customers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {}, found `{found}`", CustomerKind::ALL.map(CustomerKind::word).join(", "))]
pub struct UnknownCustomerKind {
    /// The text.
    pub found: String,
}

impl CustomerKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Residential, Self::CommercialIndustrial, Self::PumpingLoad, Self::InternalUse, Self::Other];

    /// Its name, as people type it and as it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Residential => "residential",
            Self::CommercialIndustrial => "commercial-industrial",
            Self::PumpingLoad => "pumping-load",
            Self::InternalUse => "internal-use",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for CustomerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for CustomerKind {
    type Err = UnknownCustomerKind;

    fn from_str(text: &str) -> Result<Self, UnknownCustomerKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.word() == text)
            .ok_or_else(|| UnknownCustomerKind { found: text.to_owned() })
    }
}

/// A customer (CIM Customer).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Its identity.
    pub id: CustomerId,
    /// What other systems call it.
    pub names: Vec<Name>,
    /// What kind of customer it is.
    pub kind: CustomerKind,
}

/// An account that is billed (CIM CustomerAccount). Whose it is, is a dated link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerAccount {
    /// Its identity.
    pub id: CustomerAccountId,
    /// What other systems call it.
    pub names: Vec<Name>,
    /// The cycle it is billed in; empty where unknown.
    pub billing_cycle: SmolStr,
}

/// An agreement to supply (CIM CustomerAgreement). Which usage points it serves, is a dated link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerAgreement {
    /// Its identity.
    pub id: CustomerAgreementId,
    /// What other systems call it.
    pub names: Vec<Name>,
    /// The account it is billed on.
    pub account: CustomerAccountId,
    /// The tariff agreed; empty where unknown.
    pub tariff: SmolStr,
}

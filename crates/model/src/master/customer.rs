//! Customers, their accounts and agreements.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::id::{CustomerAccountId, CustomerAgreementId, CustomerId, Name};

/// What kind of customer it is (CIM CustomerKind, the part meter data needs).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

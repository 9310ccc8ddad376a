//! Which account each usage point is billed on over time, as dated links from it to an agreement and from there to an account
//! say.

use std::collections::HashMap;

use jiff::Timestamp;
use model::id::UsagePointId;
use model::master::Dated;
use smol_str::SmolStr;

use super::link::{OPEN_END, Relation};
use super::sql::{Row, arguments};
use super::{Registry, RegistryError};

/// The account of a usage point, and the tariff agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name of the account.
    pub account: SmolStr,
    /// The name of the agreement.
    pub agreement: SmolStr,
    /// The tariff; empty where none is known.
    pub tariff: SmolStr,
}

/// Accounts over time, by begin.
pub type Accounts = HashMap<UsagePointId, Vec<Dated<Account>>>;

impl Registry {
    /// The accounts of every usage point.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn accounts(&self) -> Result<Accounts, RegistryError> {
        // An object may bear several names; the least one stands for it.
        let sql = "SELECT served.subject AS usage_point, served.valid_from AS from_1, served.valid_to AS to_1, \
                   agreed.valid_from AS from_2, agreed.valid_to AS to_2, object.attributes, \
                   (SELECT min(value) FROM name WHERE object = agreed.target) AS account, \
                   (SELECT min(value) FROM name WHERE object = served.target) AS agreement FROM link AS served \
                   JOIN link AS agreed ON agreed.subject = served.target AND agreed.relation = $2 \
                   JOIN object ON object.id = served.target WHERE served.relation = $1";
        let relations = [Relation::UsagePointUnderAgreement, Relation::AgreementOfAccount].map(Relation::as_str);
        let mut accounts = Accounts::new();
        for row in &self.database.rows(sql, arguments![relations[0], relations[1]]).await? {
            if let Some(account) = account(row)? {
                accounts.entry(row.parsed("usage_point")?).or_default().push(account);
            }
        }
        accounts.values_mut().for_each(|accounts| accounts.sort_by_key(|account| account.from));
        Ok(accounts)
    }
}

/// The account over the time that both links hold; `None` where they never do.
fn account(row: &Row) -> Result<Option<Dated<Account>>, RegistryError> {
    let attributes: serde_json::Value = row.parsed("attributes")?;
    let tariff = attributes.get("tariff").and_then(|tariff| tariff.as_str()).unwrap_or_default();
    let name = |column: &str| row.get::<Option<String>>(column).map(|name| SmolStr::from(name.unwrap_or_default()));
    let value = Account { account: name("account")?, agreement: name("agreement")?, tariff: tariff.into() };
    let from = row.instant("from_1")?.max(row.instant("from_2")?);
    let end = Some(row.get::<i64>("to_1")?.min(row.get("to_2")?)).filter(|end| *end != OPEN_END);
    let to = end.and_then(|end| Timestamp::from_microsecond(end).ok());
    Ok(to.is_none_or(|to| from < to).then_some(Dated { value, from, to }))
}

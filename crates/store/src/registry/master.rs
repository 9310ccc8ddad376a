//! Objects of master data and what authorities call them.
//!
//! An object is found by any of its names; how objects relate over time is in [`super::link`].

use std::collections::HashMap;
use std::fmt;

use model::id::{Mrid, Name};
use serde::Serialize;
use uuid::Uuid;

use super::sql::{Database, Row, Transaction, arguments, text_enum};
use super::{Registry, RegistryError};

/// Objects found by one search.
pub const SEARCH_MAX: u32 = 100;

text_enum! {
    /// The class of an object of master data (CIM class names).
    pub enum Class {
        /// A point of delivery.
        UsagePoint = "UsagePoint",
        /// A physical meter.
        Meter = "Meter",
        /// A place of service.
        ServiceLocation = "ServiceLocation",
        /// A service transformer.
        Transformer = "Transformer",
        /// A distribution feeder.
        Feeder = "Feeder",
        /// A customer.
        Customer = "Customer",
        /// A customer's account.
        CustomerAccount = "CustomerAccount",
        /// An agreement for a usage point.
        CustomerAgreement = "CustomerAgreement",
        /// A channel; its attributes are in [`super::channel`].
        Channel = "Channel",
    }
}

impl Class {
    /// What people call it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::UsagePoint => "usage point",
            Self::Meter => "meter",
            Self::ServiceLocation => "service location",
            Self::Transformer => "transformer",
            Self::Feeder => "feeder",
            Self::Customer => "customer",
            Self::CustomerAccount => "account",
            Self::CustomerAgreement => "agreement",
            Self::Channel => "channel",
        }
    }
}

/// An object with its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Object {
    /// Identity.
    pub id: Mrid,
    /// Class.
    pub class: Class,
    /// What authorities call it, in order of value.
    pub names: Vec<Name>,
    /// What else is known of it: the JSON of its model type, or an empty object.
    pub attributes: serde_json::Value,
}

/// What registering an object did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Registered {
    /// The object, new or found.
    pub id: Mrid,
    /// Whether it is new.
    pub created: bool,
}

/// One answer of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The name that matched.
    pub name: Name,
    /// Class of the object.
    pub class: Class,
    /// The object.
    pub id: Mrid,
}

/// The master data of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Master<'r> {
    database: &'r Database,
}

impl Registry {
    /// Objects and their names.
    pub fn master(&self) -> Master<'_> {
        Master { database: &self.database }
    }
}

impl<'r> Master<'r> {
    pub(super) fn database(&self) -> &'r Database {
        self.database
    }

    /// Finds the object that has any of these names, or makes it; missing names are added.
    ///
    /// `attributes` replace those stored; `None` leaves them. Registering again changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] where the names belong to different objects.
    pub async fn register(
        &self,
        class: Class,
        names: &[Name],
        attributes: Option<&serde_json::Value>,
    ) -> Result<Registered, RegistryError> {
        let mut transaction = self.database.begin().await?;
        transaction.advance("revision", 1).await?;
        let known = named(&mut transaction, class, names).await?;
        let mut owners: Vec<Mrid> = names.iter().filter_map(|name| known.get(name).copied()).collect();
        owners.sort_unstable();
        owners.dedup();
        let (id, created) = match owners.as_slice() {
            [] => (Mrid(Uuid::new_v4()), true),
            [id] => (*id, false),
            _ => return Err(split_names(class, names)),
        };
        if created {
            insert_objects(&mut transaction, class, &[id]).await?;
        }
        let mut touched = u64::from(created);
        let missing: Vec<_> = names.iter().filter(|name| !known.contains_key(*name)).map(|name| (name, id)).collect();
        touched += insert_names(&mut transaction, class, &missing).await?;
        if let Some(attributes) = attributes {
            let sql = "UPDATE object SET attributes = $2 WHERE id = $1 AND attributes <> $2";
            touched += transaction.execute(sql, arguments![id.to_string(), attributes.to_string()]).await?;
        }
        // Without a change the transaction is dropped, and the revision stays.
        if 0 < touched {
            transaction.commit().await?;
        }
        Ok(Registered { id, created })
    }

    /// An object with its names.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn get(&self, id: Mrid) -> Result<Object, RegistryError> {
        let row = self.database.row("SELECT * FROM object WHERE id = $1", arguments![id.to_string()]).await?;
        let row = row.ok_or_else(|| RegistryError::NotFound { what: "object", name: id.to_string() })?;
        let sql = "SELECT * FROM name WHERE object = $1 ORDER BY folded, kind, authority";
        let names = self.database.rows(sql, arguments![id.to_string()]).await?;
        Ok(Object {
            id,
            class: row.parsed("class")?,
            names: names.iter().map(name).collect::<Result<_, _>>()?,
            attributes: row.parsed("attributes")?,
        })
    }

    /// The one object of a class that a message means by a name.
    ///
    /// Where the name states no authority, any name of that value fits, whatever its kind and authority.
    ///
    /// # Errors
    /// [`RegistryError::Ambiguous`] where that means several objects, [`RegistryError::Database`] or
    /// [`RegistryError::Damaged`].
    pub async fn find(&self, class: Class, wanted: &Name) -> Result<Option<Mrid>, RegistryError> {
        let sql = "SELECT * FROM name WHERE class = $1 AND value = $2";
        let rows = self.database.rows(sql, arguments![class.as_str(), &*wanted.value]).await?;
        let named = rows
            .iter()
            .map(|row| Ok((name(row)?, row.parsed("object")?)))
            .collect::<Result<Vec<_>, RegistryError>>()?;
        one_meant(wanted, &named).map_err(|bearers| ambiguous(class, wanted, bearers))
    }

    /// Objects with a name that begins with `prefix`, whatever the case, in order of that name.
    ///
    /// `class` restricts the answer; at most `limit` and [`SEARCH_MAX`].
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn search(&self, prefix: &str, class: Option<Class>, limit: u32) -> Result<Vec<Hit>, RegistryError> {
        let sql = "SELECT * FROM name WHERE folded >= $1 AND folded < $2 AND ($3 IS NULL OR class = $3) \
                   ORDER BY folded, class, kind, authority LIMIT $4";
        let folded = prefix.to_lowercase();
        let end = format!("{folded}{}", char::MAX);
        let arguments = arguments![folded, end, class.map(Class::as_str), limit.min(SEARCH_MAX)];
        let hit = |row: &Row| Ok(Hit { name: name(row)?, class: row.parsed("class")?, id: row.parsed("object")? });
        self.database.rows(sql, arguments).await?.iter().map(hit).collect()
    }

    /// Objects of a class by ascending id, those after `after`.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn page(&self, class: Class, after: Option<Mrid>, limit: u32) -> Result<Vec<Mrid>, RegistryError> {
        let sql = "SELECT id FROM object WHERE class = $1 AND id > $2 ORDER BY id LIMIT $3";
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let rows = self.database.rows(sql, arguments![class.as_str(), after, limit]).await?;
        rows.iter().map(|row| row.parsed("id")).collect()
    }

    /// How many objects a class has.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn count(&self, class: Class) -> Result<u64, RegistryError> {
        let sql = "SELECT count(*) AS objects FROM object WHERE class = $1";
        let row = self.database.row(sql, arguments![class.as_str()]).await?;
        row.map_or(Ok(0), |row| row.number("objects"))
    }
}

/// The objects that bear a name which was given without an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearers(Vec<(Name, Mrid)>);

impl fmt::Display for Bearers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, id)) in self.0.iter().enumerate() {
            let authority = if name.authority.is_empty() { "no authority" } else { &name.authority };
            write!(f, "{}{id} (named by {authority})", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// The object a name means among named objects.
///
/// A name that is there word for word means its object. Else one without an authority means whatever bears it, under any
/// kind: sources call the kind of one and the same name `NMI`, `UsagePoint` or nothing.
///
/// # Errors
/// Those that bear it, where they are several.
pub(super) fn one_meant(wanted: &Name, named: &[(Name, Mrid)]) -> Result<Option<Mrid>, Bearers> {
    if let Some((_, exact)) = named.iter().find(|(name, _)| name == wanted) {
        return Ok(Some(*exact));
    }
    let of_anyone = wanted.authority.is_empty();
    let of_authority =
        |name: &Name| name.authority == wanted.authority && (name.kind == wanted.kind || wanted.kind.is_empty());
    let fits = |name: &Name| name.value == wanted.value && (of_anyone || of_authority(name));
    let mut meant = named.iter().filter(|(name, _)| fits(name));
    let Some((_, first)) = meant.next() else { return Ok(None) };
    if meant.all(|(_, other)| other == first) {
        return Ok(Some(*first));
    }
    let mut bearers: Vec<_> = named.iter().filter(|(name, _)| fits(name)).cloned().collect();
    bearers.sort_unstable();
    Err(Bearers(bearers))
}

pub(super) fn ambiguous(class: Class, wanted: &Name, bearers: Bearers) -> RegistryError {
    RegistryError::Ambiguous { what: class.words(), name: wanted.value.to_string(), bearers }
}

/// Objects of a class by exact name, for the names that are known.
pub(super) async fn named(
    transaction: &mut Transaction,
    class: Class,
    names: &[Name],
) -> Result<HashMap<Name, Mrid>, RegistryError> {
    let values: Vec<String> = names.iter().map(|name| name.value.to_string()).collect();
    let sql = "SELECT name.* FROM {keys} CROSS JOIN name WHERE name.class = $1 AND name.value = wanted.column1";
    let rows = transaction.rows_for_keys(sql, arguments![class.as_str()], &values).await?;
    rows.iter().map(|row| Ok((name(row)?, row.parsed("object")?))).collect()
}

pub(super) async fn insert_objects(
    transaction: &mut Transaction,
    class: Class,
    ids: &[Mrid],
) -> Result<u64, RegistryError> {
    let rows = ids.iter().map(|id| arguments![id.to_string(), class.as_str(), "{}"]).collect();
    transaction.insert_many("INSERT INTO object (id, class, attributes)", rows, "").await
}

pub(super) async fn insert_names(
    transaction: &mut Transaction,
    class: Class,
    names: &[(&Name, Mrid)],
) -> Result<u64, RegistryError> {
    let row = |(name, id): &(&Name, Mrid)| {
        let folded = name.value.to_lowercase();
        arguments![class.as_str(), &*name.value, &*name.kind, &*name.authority, folded, id.to_string()]
    };
    let insert = "INSERT INTO name (class, value, kind, authority, folded, object)";
    transaction.insert_many(insert, names.iter().map(row).collect(), "").await
}

fn split_names(class: Class, names: &[Name]) -> RegistryError {
    let listed: Vec<_> = names.iter().map(|name| name.value.as_str()).collect();
    let difference = "these names belong to different objects".to_owned();
    RegistryError::Conflict { what: class.as_str(), name: listed.join(", "), difference }
}

pub(super) fn name(row: &Row) -> Result<Name, RegistryError> {
    let text = |column| row.get::<String>(column);
    Ok(Name { authority: text("authority")?.into(), kind: text("kind")?.into(), value: text("value")?.into() })
}

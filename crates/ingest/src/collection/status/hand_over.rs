//! Items 3 and 4: account information between the distributor and the repository.

use store::registry::hand_over::HandOver;

use super::{Asked, Evidence, Item, ItemVerdict, Row};

/// Whether the repository has said that it knows of every change of account information.
pub(super) fn told_of_accounts(asked: Asked<'_>, evidence: &Evidence) -> Item {
    let mut item = Item::new(3, "The repository was told of changes of account information");
    let files = &evidence.accounts_handed_over;
    let Some(last) = files.first() else {
        item.figure("files handed over", "none ever");
        let verdict = if evidence.accounts.is_empty() { ItemVerdict::NoSource } else { ItemVerdict::NotMet };
        return item.with(verdict);
    };
    let waiting: Vec<&HandOver> = files.iter().filter(|file| file.answer.is_none()).collect();
    let changed_since = evidence.accounts.values().flatten().filter(|account| last.made_at <= account.from);
    item.figure("files handed over", files.len());
    item.figure("files without an answer", waiting.len());
    item.figure("changes since the last file", changed_since.count());
    item.figure("usage points that were refused", evidence.accounts_refused.len());
    for file in waiting {
        let words = format!("{} entries handed over and not acknowledged", file.entries);
        item.row(Row::new(file.name.as_str(), asked.zone, words).since(file.made_at));
    }
    for refused in &evidence.accounts_refused {
        let words = format!("refused in {}: {}", refused.file, refused.why);
        item.row(Row::new(refused.usage_point.clone(), asked.zone, words).since(refused.made_at));
    }
    let verdict = if item.rows_count == 0 { ItemVerdict::Met } else { ItemVerdict::NotMet };
    item.with(verdict)
}

/// Whether changes that the repository sent were applied: nothing takes such changes in.
pub(super) fn applied_from_repository() -> Item {
    let mut item = Item::new(4, "Changes of account information from the repository were applied");
    item.figure("changes from the repository", "none is taken in; account information is entered here and handed over");
    item.with(ItemVerdict::NoSource)
}

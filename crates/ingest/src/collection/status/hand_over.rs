//! Items 3 and 4: account information between the distributor and the repository.

use store::registry::hand_over::{Answered, HandOver};

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

/// Whether changes that the repository sent since the day began were applied.
pub(super) fn applied_from_repository(asked: Asked<'_>, evidence: &Evidence) -> Item {
    let mut item = Item::new(4, "Changes of account information from the repository were applied");
    if evidence.changes_received.is_empty() {
        item.figure("changes from the repository", "none ever");
        return item.with(ItemVerdict::NoSource);
    }
    let start = asked.span().map_or(jiff::Timestamp::MIN, |span| span.start);
    let of_day: Vec<&HandOver> = evidence.changes_received.iter().filter(|file| start <= file.made_at).collect();
    item.figure("files from the repository", of_day.len());
    item.figure("changes in them", of_day.iter().map(|file| file.entries).sum::<u64>());
    for file in &of_day {
        if let Some(answer) = file.answer.as_ref().filter(|answer| answer.answered == Answered::Refused) {
            let words = format!("not all of its changes were applied: {}", answer.why);
            item.row(Row::new(file.name.as_str(), asked.zone, words).since(file.made_at));
        }
    }
    let verdict = match (of_day.len(), item.rows_count) {
        (0, _) => ItemVerdict::Nothing,
        (_, 0) => ItemVerdict::Met,
        _ => ItemVerdict::NotMet,
    };
    item.with(verdict)
}

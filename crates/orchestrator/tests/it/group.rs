//! One wish for many meters.

use orchestrator::group::{Terms, Which, order};
use orchestrator::on_demand::{Asker, Wish};
use orchestrator::outcome::outcomes;
use store::registry::order::{Note, OrderReason, OrderState, Schedule};

use crate::utility::{at, registry};

// covers: MOD-ORC, MOD-HES
#[tokio::test]
async fn a_group_has_one_outcome_for_each_device() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let registry = registry(&folder, &["HES-1", "HES-2", "HES-3", "", "HES-1"]).await;
    let now = at("2026-02-04T12:00:00Z");
    let schedule = Schedule::on_demand();
    let asker = Asker { why: OrderReason::OnDemand, by: "anna" };
    let terms = Terms { wish: Wish::Ping, asker, schedule: &schedule };
    let names = ["M-1", "M-404", "M-2", "M-1", "M-3", "M-4"].map(Into::into).to_vec();
    let group = order(&registry, &Which::Named(names), terms, now).await.expect("ordered").expect("some");
    let ledger = registry.orders();
    let orders = ledger.of_group(group.id, 0, 0).await.expect("listed");
    let open: Vec<_> = orders.iter().filter(|order| !order.state.is_closed()).collect();
    let note = |id, state, outcome: &str| Note { id, state, tries: 1, next_at: now, outcome: outcome.into() };
    let id = |device: &str| open.iter().find(|order| order.entry.route.device == device).expect("ordered").id;
    let notes = [
        note(id("M-1"), OrderState::Answered, "it told"),
        note(id("M-2"), OrderState::Refused, "HES-2 refuses: 2.4 unknown"),
        note(id("M-3"), OrderState::GivenUp, "no answer"),
    ];
    assert_eq!(ledger.note(&notes, now).await.expect("noted"), 3);
    let orders = ledger.of_group(group.id, 0, 0).await.expect("listed");
    let mut told: Vec<_> =
        outcomes(&group, &orders).iter().map(|one| format!("{} {}", one.device, one.word())).collect();
    assert_eq!(told.pop().as_deref(), Some("M-404 unknown"), "what is not known comes last");
    told.sort();
    assert_eq!(told, ["M-1 answered", "M-2 refused", "M-3 given_up", "M-4 refused"]);

    let of_one = Which::Of(vec!["HES-1".into()]);
    let second = order(&registry, &of_one, terms, now).await.expect("ordered").expect("some");
    let orders = ledger.of_group(second.id, 0, 0).await.expect("listed");
    assert_eq!(orders.iter().map(|order| &*order.entry.route.device).collect::<Vec<_>>(), ["M-1", "M-5"]);
    let nobody = order(&registry, &Which::Of(vec!["HES-9".into()]), terms, now).await.expect("asked");
    assert_eq!(nobody, None);
}

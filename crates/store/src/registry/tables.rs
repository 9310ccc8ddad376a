//! The tables of the registry book.

use crate::sql::Schema;

/// The schema in order; a released text is never edited, changes are appended as new ones.
const MIGRATIONS: &[(&str, &str)] = &[
    ("registry", include_str!("../../migrations/0001_registry.sql")),
    ("usage point", include_str!("../../migrations/0002_usage_point.sql")),
    ("review", include_str!("../../migrations/0003_review.sql")),
    ("plan", include_str!("../../migrations/0004_plan.sql")),
    ("determinant", include_str!("../../migrations/0005_determinant.sql")),
    ("rule facts", include_str!("../../migrations/0006_rule_facts.sql")),
    ("exception severity", include_str!("../../migrations/0007_exception_severity.sql")),
    ("quarantine closing", include_str!("../../migrations/0008_quarantine_closing.sql")),
    ("told", include_str!("../../migrations/0010_told.sql")),
    ("order", include_str!("../../migrations/0011_order.sql")),
    ("collection", include_str!("../../migrations/0012_collection.sql")),
    ("schema", include_str!("../../migrations/0013_schema.sql")),
    ("head-end clock", include_str!("../../migrations/0014_head_end_clock.sql")),
    ("order group", include_str!("../../migrations/0016_order_group.sql")),
    ("arrival", include_str!("../../migrations/0018_arrival.sql")),
    ("exception goes on", include_str!("../../migrations/0019_exception_goes_on.sql")),
    ("interval wait", include_str!("../../migrations/0020_interval_wait.sql")),
    ("dependency day", include_str!("../../migrations/0021_dependency_day.sql")),
];

/// The registry book.
pub(crate) const TABLES: Schema = Schema { migrations: MIGRATIONS, kept_in: "_sqlx_migrations", pragmas: &[] };

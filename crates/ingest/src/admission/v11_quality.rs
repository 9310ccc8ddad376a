//! V11 quality code: a flag of the source has a meaning here.
//!
//! Source: DH3 D12. Empty means as provided.

use model::finding::Severity;
use model::reading::Values;

use super::Report;

impl Report<'_> {
    pub(super) fn qualities(&mut self) {
        let unmapped = |quality: &model::quality::Quality| {
            !quality.flag.is_empty() && quality.status.is_empty() && !is_plain_flag(&quality.flag)
        };
        let flag = match &self.readings.values {
            Values::Intervals(run) => run.qualities.iter().map(|span| &span.quality).find(|quality| unmapped(quality)),
            Values::Registers(reads) => reads.iter().map(|read| &read.quality).find(|quality| unmapped(quality)),
        };
        if let Some(quality) = flag {
            let message = format!("quality `{}` has no meaning here yet; it is kept as received", quality.flag);
            self.tell(Severity::Warning, "quality", "V11", message);
        }
    }
}

/// Flags that say nothing doubtful and need no meaning of their own.
fn is_plain_flag(flag: &str) -> bool {
    matches!(flag, "A" | "0" | "0.0.0" | "1.0.0" | "2.0.0")
}

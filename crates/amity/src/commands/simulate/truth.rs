//! What was true, as tables beside the folders of the head-ends.

use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

use jiff::civil::Date;
use simulator::Utility;
use simulator::collection::{Account, Told, Truth, meter_name, usage_point_name};
use simulator::happening::Happening;
use simulator::plant::module_name;
use simulator::premises::HeadEnd;

/// What passed each meter on each day, in Wh.
pub(super) const TRUTH: &str = "truth.csv";

/// The tables.
pub(super) struct Tables {
    truth: BufWriter<File>,
    accounts: BufWriter<File>,
    happenings: BufWriter<File>,
}

impl Tables {
    /// Begins the tables and writes who there is.
    pub(super) fn create(folder: &Path, utility: &Utility) -> Result<Self> {
        let table = |name: &str, head: &str| -> Result<_> {
            let mut table = BufWriter::new(File::create(folder.join(name))?);
            writeln!(table, "{head}")?;
            Ok(table)
        };
        let head = "usage_point,meter,module,family,firmware,collector,head_end,zone,customer";
        write_premises(table("premises.csv", head)?, utility)?;
        write_owners(table("owners.csv", "usage_point,source")?, utility)?;
        let head = "usage_point,flow_direction,kind,stamp,collector,reached,sent_with,reason";
        Ok(Self {
            truth: table(TRUTH, "usage_point,date,delivered_wh,received_wh,unmetered_wh")?,
            accounts: table("readings.csv", head)?,
            happenings: table("events.csv", "device,head_end,code,happened,stamped,reached,told_with,detail")?,
        })
    }

    /// A row of what a day brought; files have none.
    pub(super) fn add(&mut self, date: Date, told: &Told) -> Result<()> {
        match told {
            Told::File(_) => Ok(()),
            Told::Truth(truth) => self.truth(date, truth),
            Told::Account(account) => self.account(account),
            Told::Happening(happening, told_with) => self.happening(happening, *told_with),
        }
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> Result<()> {
        self.truth.flush()?;
        self.accounts.flush()?;
        self.happenings.flush()
    }

    fn truth(&mut self, date: Date, truth: &Truth) -> Result<()> {
        let name = usage_point_name(truth.meter).value;
        let (passed, unmetered) = (truth.passed, truth.unmetered);
        writeln!(self.truth, "{name},{date},{},{},{unmetered}", passed.delivered, passed.received)
    }

    fn account(&mut self, account: &Account) -> Result<()> {
        let name = usage_point_name(account.meter).value;
        let kind = if account.register { "register" } else { "interval" };
        let collector = or_nothing(account.journey.collector);
        let [reached, sent] = [or_nothing(account.journey.reached), or_nothing(account.sent)];
        let (direction, stamp, reason) = (account.direction, account.stamp, account.reason);
        writeln!(self.accounts, "{name},{direction},{kind},{stamp},{collector},{reached},{sent},{reason}")
    }

    fn happening(&mut self, happening: &Happening, told_with: Option<Date>) -> Result<()> {
        let (device, code) = (happening.thing.name().value, happening.kind.code);
        let [reached, told] = [or_nothing(happening.journey.reached), or_nothing(told_with)];
        let detail = happening.detail.as_ref().map_or(String::new(), |(name, value)| format!("{name}={value}"));
        let (head_end, at, stamp) = (happening.head_end.name(), happening.at, happening.stamp);
        writeln!(self.happenings, "{device},{head_end},{code},{at},{stamp},{reached},{told},{detail}")
    }
}

fn write_premises(mut table: BufWriter<File>, utility: &Utility) -> Result<()> {
    for meter in 0..utility.settings().meters {
        let (premises, module) = (utility.premises(meter), utility.module(meter));
        writeln!(
            table,
            "{},{},{},{},{},{},{},{},{:?}",
            usage_point_name(meter).value,
            meter_name(meter).value,
            module_name(meter).value,
            module.family,
            module.firmware,
            module.collector,
            premises.head_end.name(),
            utility.zone(meter).iana_name().unwrap_or_default(),
            premises.kind
        )?;
    }
    table.flush()
}

/// Usage points as they are registered by what their head-end says, with that head-end.
fn write_owners(mut table: BufWriter<File>, utility: &Utility) -> Result<()> {
    for meter in 0..utility.settings().meters {
        let head_end = utility.premises(meter).head_end;
        // CMEP knows meters only.
        let name = if head_end == HeadEnd::Folder { meter_name(meter) } else { usage_point_name(meter) };
        writeln!(table, "{},{}", name.value, head_end.name())?;
    }
    table.flush()
}

fn or_nothing(cell: Option<impl std::fmt::Display>) -> String {
    cell.map_or(String::new(), |cell| cell.to_string())
}

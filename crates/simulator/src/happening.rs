//! What happens to meters, modules and collectors, and how each is told: at once, by a last gasp, or as readings are.

use jiff::{SignedDuration, Timestamp};
use model::event::EndDeviceEventType;
use model::id::Name;
use model::time::TimeRange;
use smol_str::{SmolStr, format_smolstr};

use crate::chance::{Purpose, falls};
use crate::clock::{Clock, Shows};
use crate::collection::meter_name;
use crate::journey::{Journey, Reason};
use crate::plant::{Module, around, head_end_of, module_name};
use crate::premises::HeadEnd;
use crate::script::{CollectorNumber, Fault, Tamper};
use crate::utility::Utility;

/// A kind of happening, and what head-ends call it.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its code in IEC 61968-9, as `hes-cloud` tells it.
    pub code: EndDeviceEventType,
    /// What `hes-hourly` calls it.
    pub hourly: &'static str,
    /// Its number at `hes-folder`.
    pub folder: &'static str,
}

const fn kind(code: [u16; 4], hourly: &'static str, folder: &'static str) -> Kind {
    let [device, domain, sub_domain, event_or_action] = code;
    Kind { code: EndDeviceEventType { device, domain, sub_domain, event_or_action }, hourly, folder }
}

/// Each kind under its name, and all of them.
macro_rules! kinds {
    ($($name:ident: $code:expr, $hourly:expr, $folder:expr;)*) => {
        $(static $name: Kind = kind($code, $hourly, $folder);)*

        /// All of them.
        pub static KINDS: &[&Kind] = &[$(&$name),*];
    };
}

kinds! {
    POWER_LOST: [3, 26, 0, 85], "LAST_GASP", "101";
    POWER_RESTORED: [3, 26, 0, 216], "POWER_RESTORE", "102";
    COVER: [3, 12, 29, 212], "TAMPER_COVER", "201";
    INVERTED: [3, 12, 17, 257], "TAMPER_INVERSION", "202";
    MAGNET: [3, 12, 66, 257], "TAMPER_MAGNET", "203";
    TAMPER_CLEARED: [3, 12, 0, 291], "TAMPER_CLEARED", "209";
    REVERSED: [3, 12, 48, 219], "REVERSE_ENERGY", "210";
    REVERSED_CLEARED: [3, 12, 48, 28], "REVERSE_ENERGY_CLEARED", "211";
    BATTERY_LOW: [3, 2, 22, 150], "LOW_BATTERY", "301";
    BATTERY_GOOD: [3, 2, 22, 28], "LOW_BATTERY_CLEARED", "302";
    BATTERY_LOST: [3, 2, 0, 85], "BATTERY_LOST", "303";
    CLOCK_SYNCED: [3, 36, 116, 24], "TIME_SYNC", "401";
    CLOCK_SET: [3, 36, 114, 24], "TIME_RESET", "402";
    CLOCK_OFF: [3, 36, 117, 139], "TIME_VARIANCE", "403";
    MODULE_FAILED: [26, 1, 0, 85], "MODULE_FAILED", "501";
    MODULE_BACK: [26, 1, 0, 49], "MODULE_BACK", "502";
    COLLECTOR_FAILED: [10, 1, 0, 85], "COLLECTOR_FAILED", "601";
    COLLECTOR_BACK: [10, 1, 0, 49], "COLLECTOR_BACK", "602";
    COLLECTOR_DARK: [10, 26, 0, 85], "COLLECTOR_POWER_LOST", "603";
    COLLECTOR_LIT: [10, 26, 0, 216], "COLLECTOR_POWER_RESTORE", "604";
    LINK_FAILED: [10, 23, 0, 85], "LINK_FAILED", "605";
    LINK_BACK: [10, 23, 0, 49], "LINK_BACK", "606";
    ALMOST_FULL: [10, 18, 109, 283], "STORAGE_ALMOST_FULL", "607";
    FIRMWARE: [26, 9, 283, 4], "FIRMWARE_UPGRADED", "701";
}

/// A clock further off than this is told, in seconds (Ontario 2.4.3).
const CLOCK_LIMIT_SECONDS: i64 = 90;
/// A storage is almost full with so many parts of ten.
const ALMOST_TENTHS: u64 = 8;

/// To what something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A meter by number.
    Meter(u32),
    /// The module of a meter.
    Module(u32),
    /// A collector.
    Collector(CollectorNumber),
}

impl Thing {
    /// What it is called.
    pub fn name(self) -> Name {
        match self {
            Self::Meter(meter) => meter_name(meter),
            Self::Module(meter) => module_name(meter),
            Self::Collector(collector) => Name::new("Collector", collector.to_string()),
        }
    }
}

/// Something that truly happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// To what.
    pub thing: Thing,
    /// Who tells it.
    pub head_end: HeadEnd,
    /// What.
    pub kind: &'static Kind,
    /// When, by true time.
    pub at: Timestamp,
    /// When, by the clock of the thing and that of its head-end.
    pub stamp: Timestamp,
    /// Name and value of what is told with it.
    pub detail: Option<(&'static str, SmolStr)>,
    /// How it comes to its head-end.
    pub journey: Journey,
}

/// A meter and what belongs to it.
#[derive(Clone, Copy)]
pub(crate) struct Installed<'u> {
    pub(crate) meter: u32,
    pub(crate) head_end: HeadEnd,
    pub(crate) module: &'u Module,
    pub(crate) clock: &'u Clock,
}

impl Utility {
    /// What happens to a meter and its module within a span of time, in the order of kinds.
    pub(crate) fn happenings(&self, installed: Installed<'_>, span: TimeRange) -> Vec<Happening> {
        let Installed { meter, head_end, module, clock } = installed;
        let mut found = Vec::new();
        for dark in self.dark(meter) {
            let gasp = |at| self.last_gasp(installed, at, dark.end);
            found.extend(self.told(installed, &POWER_LOST, dark.start, None, gasp, span));
            found.extend(self.told(installed, &POWER_RESTORED, dark.end, None, |at| self.way(installed, at), span));
            if self.is_weak(meter, head_end, dark.start) {
                found.extend(self.told(installed, &BATTERY_LOST, dark.end, None, |at| self.way(installed, at), span));
            }
        }
        let mut as_readings = |kind, at, detail| {
            found.extend(self.told(installed, kind, at, detail, |at| self.way(installed, at), span));
        };
        for fault in self.script.of_meter(meter) {
            let TimeRange { start, end } = fault.span();
            match fault {
                Fault::Tamper { how, .. } => {
                    let [began, ended] = noticed(*how);
                    as_readings(began, start, None);
                    as_readings(ended, end, None);
                }
                Fault::WrongClock { seconds, .. } if CLOCK_LIMIT_SECONDS < i64::from(*seconds).abs() => {
                    as_readings(&CLOCK_OFF, start, Some(offset(i64::from(*seconds))));
                }
                _ => {}
            }
        }
        for (share, dead) in self.script.batteries().filter(|(share, _)| share.head_end == head_end) {
            if !dead && self.has_such_battery(meter, share) {
                as_readings(&BATTERY_LOW, share.from, None);
                as_readings(&BATTERY_GOOD, share.to, None);
            }
        }
        for (wrong, shows) in &clock.spans {
            if *shows != Shows::Nothing {
                as_readings(&CLOCK_SET, wrong.end, shows.offset().map(offset));
            }
        }
        if self.script.field.drift_ppm != 0 {
            for at in self.syncs(meter, head_end, span).filter(|at| around(self.dark(meter), *at).is_none()) {
                let before = at - SignedDuration::from_secs(1);
                as_readings(&CLOCK_SYNCED, at, self.clock_offset(meter, head_end, clock, before).map(offset));
            }
        }
        for firmware in self.script.firmwares().filter(|firmware| firmware.head_end == head_end) {
            as_readings(&FIRMWARE, firmware.from, Some(("firmware", firmware.version.clone())));
            as_readings(&FIRMWARE, firmware.to, Some(("firmware", SmolStr::new_static(module.firmware))));
        }
        found.extend(self.dead_module(meter, head_end, span));
        found
    }

    /// What happens to a collector within a span of time.
    pub fn collector_happenings(&self, collector: CollectorNumber, span: TimeRange) -> Vec<Happening> {
        let (thing, head_end) = (Thing::Collector(collector), head_end_of(collector));
        let mut found = Vec::new();
        let mut tell = |kind, at, reached, detail| {
            if span.contains(at) {
                found.push(self.at_once(thing, head_end, kind, at, reached, detail));
            }
        };
        for dark in self.dark(self.first_meter(collector)) {
            tell(&COLLECTOR_DARK, dark.start, dark.start, None);
            tell(&COLLECTOR_LIT, dark.end, dark.end, None);
        }
        for down in self.collector_down(collector) {
            tell(&COLLECTOR_FAILED, down.start, down.start, None);
            tell(&COLLECTOR_BACK, down.end, down.end, None);
        }
        for down in self.link_down(collector) {
            tell(&LINK_FAILED, down.start, down.start, None);
            tell(&LINK_BACK, down.end, down.end, None);
            if let Some(at) = self.almost_full(collector, head_end, *down) {
                let limit = self.script.field.collector_storage_readings;
                tell(&ALMOST_FULL, at, down.end, Some(("storage_readings", format_smolstr!("{limit}"))));
            }
        }
        found
    }

    /// When the storage of a collector is almost full while its link is down.
    fn almost_full(&self, collector: CollectorNumber, head_end: HeadEnd, down: TimeRange) -> Option<Timestamp> {
        let limit = self.script.field.collector_storage_readings * ALMOST_TENTHS / 10;
        let moments = limit.div_ceil(self.channels(collector).max(1)).max(1);
        let every = crate::journey::every_seconds(head_end);
        let first = (down.start.as_second() + every - 1).div_euclid(every) * every;
        let at = first.saturating_add(i64::try_from(moments - 1).ok()?.saturating_mul(every));
        Timestamp::from_second(at).ok().filter(|at| *at < down.end)
    }

    /// A dead module is told by its head-end, which misses it.
    fn dead_module(&self, meter: u32, head_end: HeadEnd, span: TimeRange) -> Vec<Happening> {
        let dead = self.script.of_meter(meter).filter(|fault| matches!(fault, Fault::ModuleDead(_))).map(Fault::span);
        let both = dead.flat_map(|dead| [(&MODULE_FAILED, dead.start), (&MODULE_BACK, dead.end)]);
        let of_span = both.filter(|(_, at)| span.contains(*at));
        of_span.map(|(kind, at)| self.at_once(Thing::Module(meter), head_end, kind, at, at, None)).collect()
    }

    fn at_once(
        &self,
        thing: Thing,
        head_end: HeadEnd,
        kind: &'static Kind,
        at: Timestamp,
        reached: Timestamp,
        detail: Option<(&'static str, SmolStr)>,
    ) -> Happening {
        let stamp = at + SignedDuration::from_secs(self.script.head_end_clock(head_end, at));
        let journey = Journey { reached: Some(reached), collector: None, reason: None };
        Happening { thing, head_end, kind, at, stamp, detail, journey }
    }

    /// A happening that the meter tells, where it is of the span.
    fn told(
        &self,
        Installed { meter, head_end, clock, .. }: Installed<'_>,
        kind: &'static Kind,
        at: Timestamp,
        detail: Option<(&'static str, SmolStr)>,
        journey: impl FnOnce(Timestamp) -> Journey,
        span: TimeRange,
    ) -> Option<Happening> {
        if !span.contains(at) {
            return None;
        }
        let thing = if kind.code.device == MODULE { Thing::Module(meter) } else { Thing::Meter(meter) };
        let off = if clock.is_right() { 0 } else { self.clock_offset(meter, head_end, clock, at).unwrap_or(0) };
        let stamp = at + SignedDuration::from_secs(off + self.script.head_end_clock(head_end, at));
        Some(Happening { thing, head_end, kind, at, stamp, detail, journey: journey(at) })
    }

    fn way(&self, installed: Installed<'_>, at: Timestamp) -> Journey {
        self.journey(installed.meter, installed.module, installed.head_end, at)
    }

    /// A last gasp is heard at once or not at all; the meter tells what nobody heard once it has power again.
    fn last_gasp(&self, installed: Installed<'_>, at: Timestamp, lit: Timestamp) -> Journey {
        let Installed { meter, module, .. } = installed;
        let (seed, share) = (self.settings.seed, self.script.field.last_gasp_lost_per_mille.into());
        let is_lost = self.is_dead(meter, at) || falls(seed, meter.into(), at.as_second(), Purpose::LastGasp, share);
        let collector = self.listener(module, at).filter(|one| !is_lost && around(self.link_down(*one), at).is_none());
        match collector {
            Some(collector) => {
                let seconds = self.script.field.radio_seconds + self.script.field.link_seconds;
                let reached = at + SignedDuration::from_secs(seconds.into());
                Journey { reached: Some(reached), collector: Some(collector), reason: None }
            }
            None => {
                let later = self.way(installed, lit);
                let reason = if later.reached.is_some() { Some(Reason::NoPower) } else { later.reason };
                Journey { reason, ..later }
            }
        }
    }
}

/// deviceType of a communication module in IEC 61968-9.
const MODULE: u16 = 26;

fn offset(seconds: i64) -> (&'static str, SmolStr) {
    ("offset_seconds", format_smolstr!("{seconds}"))
}

fn noticed(how: Tamper) -> [&'static Kind; 2] {
    match how {
        Tamper::Cover => [&COVER, &TAMPER_CLEARED],
        Tamper::Inversion => [&INVERTED, &TAMPER_CLEARED],
        Tamper::Magnet => [&MAGNET, &TAMPER_CLEARED],
        Tamper::ReverseEnergy => [&REVERSED, &REVERSED_CLEARED],
    }
}

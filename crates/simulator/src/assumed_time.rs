//! One meter that assumes the time, with the registers that meters of the utility do not have: demand and time of use.
//!
//! What the utility records of such a meter is held against it. The caller moves true time; the meter answers with the intervals it records, each with its stamp and
//! the true instant of its end. All numbers are the meter's own count in quanta.

use jiff::{SignedDuration, Timestamp};
use model::quality::Status;

use crate::clock::RESTART_AFTER_SECONDS;
use crate::record::ASSUMED;

/// The battery of the meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Battery {
    /// Keeps the clock through an outage.
    Good,
    /// Too weak to keep it.
    Low,
    /// Empty or absent.
    Dead,
}

/// Settings of the meter.
#[derive(Clone, Copy, Debug)]
pub struct MeterSettings {
    /// The battery.
    pub battery: Battery,
    /// Whether it reports a lost battery.
    pub battery_event: bool,
    /// The length of its intervals in whole seconds, more than zero.
    pub interval: SignedDuration,
}

/// A recorded interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The end of the interval as the meter stamps it.
    pub stamped: Timestamp,
    /// The true instant at which it ended.
    pub true_end: Timestamp,
    /// The energy of the interval in quanta.
    pub value: i64,
    /// What the meter says of it.
    pub status: Status,
}

/// What a meter says when power comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeterEvent {
    /// The battery was lost.
    LostBattery,
}

/// A meter with a profile, a demand register and two time-of-use registers.
#[derive(Clone, Debug)]
pub struct AssumedTimeMeter {
    settings: MeterSettings,
    true_now: Timestamp,
    /// How far the meter's clock is from true time; it is behind while it assumes the time.
    offset: SignedDuration,
    assumed: bool,
    outage_began: Option<Timestamp>,
    after_sync: bool,
    interval_energy: i64,
    interval_status: Status,
    /// All energy ever measured.
    pub energy: i64,
    /// The highest interval; it stands still while the time is assumed.
    pub demand: i64,
    /// Energy before and after noon UTC of the meter's day; they stand still while the time is assumed.
    pub time_of_use: [i64; 2],
}

impl AssumedTimeMeter {
    /// A meter that knows the time.
    pub fn new(settings: MeterSettings, now: Timestamp) -> Self {
        Self {
            settings,
            true_now: now,
            offset: SignedDuration::ZERO,
            assumed: false,
            outage_began: None,
            after_sync: false,
            interval_energy: 0,
            interval_status: Status::NONE,
            energy: 0,
            demand: 0,
            time_of_use: [0; 2],
        }
    }

    /// Whether it assumes the time.
    pub fn assumes_time(&self) -> bool {
        self.assumed
    }

    /// What its clock shows.
    pub fn clock(&self) -> Timestamp {
        self.true_now.saturating_add(self.offset).unwrap_or(Timestamp::MAX)
    }

    /// Uses so much energy at once and lets true time pass up to an instant.
    ///
    /// Answers the intervals that ended; the energy belongs to the first of them.
    pub fn run_until(&mut self, until: Timestamp, energy: i64) -> Vec<Recorded> {
        let mut recorded = Vec::new();
        if self.outage_began.is_some() {
            self.true_now = self.true_now.max(until);
            return recorded;
        }
        self.count(energy);
        while let Some(wait) =
            self.until_boundary().filter(|wait| self.true_now.saturating_add(*wait).is_ok_and(|end| end <= until))
        {
            self.true_now = self.true_now.saturating_add(wait).unwrap_or(Timestamp::MAX);
            recorded.push(self.close_interval());
        }
        self.true_now = self.true_now.max(until);
        recorded
    }

    /// Power fails.
    pub fn power_fails(&mut self) {
        self.outage_began = Some(self.clock());
    }

    /// Power comes back at a true instant. With a low or dead battery the clock goes on five seconds
    /// after the outage began.
    pub fn power_returns(&mut self, at: Timestamp) -> Vec<MeterEvent> {
        self.true_now = self.true_now.max(at);
        let Some(began) = self.outage_began.take() else { return vec![] };
        self.interval_status |= Status::POWER_FAILURE;
        if self.settings.battery == Battery::Good {
            return vec![];
        }
        let restart = began.saturating_add(SignedDuration::from_secs(RESTART_AFTER_SECONDS)).unwrap_or(Timestamp::MAX);
        self.offset = restart.duration_since(self.true_now);
        self.assumed = true;
        self.interval_status |= ASSUMED;
        if self.settings.battery_event { vec![MeterEvent::LostBattery] } else { vec![] }
    }

    /// The network or a local tool sets the clock. Demand and time of use go on; the true-time intervals of
    /// the span are never recorded, and the next interval, which holds the energy of the unfinished one,
    /// is marked time adjusted.
    pub fn sync(&mut self) {
        if self.assumed {
            self.assumed = false;
            self.after_sync = true;
            self.interval_status = Status::NONE;
        }
        self.offset = SignedDuration::ZERO;
    }

    fn count(&mut self, energy: i64) {
        self.energy += energy;
        self.interval_energy += energy;
        if !self.assumed {
            let seconds = self.clock().as_second().rem_euclid(86_400);
            self.time_of_use[usize::from(43_200 <= seconds)] += energy;
        }
    }

    fn until_boundary(&self) -> Option<SignedDuration> {
        let length = self.settings.interval.as_secs();
        (0 < length).then(|| SignedDuration::from_secs(length - self.clock().as_second().rem_euclid(length)))
    }

    fn close_interval(&mut self) -> Recorded {
        let adjusted = if self.after_sync { Status::TIME_ADJUSTED } else { Status::NONE };
        let status = (if self.assumed { ASSUMED } else { self.interval_status }) | adjusted;
        let value = std::mem::take(&mut self.interval_energy);
        if !self.assumed {
            self.demand = self.demand.max(value);
        }
        self.after_sync = false;
        self.interval_status = Status::NONE;
        Recorded { stamped: self.clock(), true_end: self.true_now, value, status }
    }
}

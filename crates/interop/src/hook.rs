//! Who pushes: messages of head-ends signed by Standard Webhooks 1.0.0, as Amity signs what it sends itself.
//!
//! The signature covers the id, the timestamp and every byte of the body, and is compared in constant time. A timestamp that is
//! too far from our clock is refused, and within that time a message that was taken in is refused when it comes once more
//! exactly so: a head-end that tries again signs again. What is remembered for that is in memory; after a start of the program
//! a copy is taken as any message that comes twice, which stores nothing again.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::secret::{Secret, SecretError, load, verified};

/// Messages that are remembered at the most; while there are as many, none is taken.
const REMEMBERED_MAX: usize = 1 << 18;

/// The three headers of a signed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'h> {
    /// `webhook-id`.
    pub id: &'h str,
    /// `webhook-timestamp`: seconds since 1970.
    pub timestamp: &'h str,
    /// `webhook-signature`: one or more `v1,BASE64` with spaces between.
    pub signatures: &'h str,
}

/// Where secrets are.
#[derive(Clone)]
pub enum Secrets {
    /// In a file, read for every message, so that a change of it rotates them.
    File(String),
    /// Given at the start.
    Given(Vec<Secret>),
}

/// How a head-end signs what it pushes, and what of it came already.
pub struct Hook {
    secrets: Secrets,
    tolerance_seconds: u32,
    /// Until when which signature is remembered, in seconds since 1970.
    remembered: Mutex<BTreeSet<(i64, String)>>,
}

/// Why a message is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// A header is not of its form.
    #[error("`{0}` is not as Standard Webhooks has it: expected {1}")]
    Form(&'static str, &'static str),
    /// Sent long ago, or by a clock that is wrong.
    #[error(
        "`webhook-timestamp` is {seconds} seconds from the time here ({now}); at most {tolerance_seconds} are allowed: set the clock, and sign again when you send again"
    )]
    Stale {
        /// How far it is.
        seconds: u64,
        /// The time here.
        now: Timestamp,
        /// How far it may be.
        tolerance_seconds: u32,
    },
    /// No signature fits.
    #[error(
        "no signature of `webhook-signature` fits: sign `id.timestamp.body` byte by byte with HMAC-SHA256 and the secret of this head-end"
    )]
    Wrong,
    /// It was taken in already.
    #[error("the message `{0}` was taken in already with this signature")]
    Replayed(String),
    /// So much comes that it cannot be remembered.
    #[error("more signed messages came than can be remembered")]
    Full,
    /// Nothing to compare with.
    #[error("the secrets of this head-end cannot be used")]
    Secrets(#[from] SecretError),
}

/// A message that may be taken in. One that is dropped before [`Ticket::keep`] was not: whoever sent it may have hung up in
/// between, and the same bytes may come again.
#[derive(Debug)]
#[must_use = "a ticket that is dropped lets the same message in again"]
pub struct Ticket<'h> {
    hook: &'h Hook,
    /// What is forgotten with it.
    remembered: Option<(i64, String)>,
}

impl Ticket<'_> {
    /// The message is durable: exactly so it is refused from now on.
    pub fn keep(mut self) {
        self.remembered = None;
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if let Some(remembered) = self.remembered.take() {
            self.hook.remembered.lock().unwrap_or_else(PoisonError::into_inner).remove(&remembered);
        }
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("tolerance_seconds", &self.tolerance_seconds).finish_non_exhaustive()
    }
}

impl Hook {
    /// A hook with these secrets and a tolerance of so many seconds in both directions.
    pub fn new(secrets: Secrets, tolerance_seconds: u32) -> Self {
        Self { secrets, tolerance_seconds, remembered: Mutex::default() }
    }

    /// Lets a message in once.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub fn admit(&self, signed: Signed<'_>, body: &[u8], now: Timestamp) -> Result<Ticket<'_>, NotTaken> {
        if signed.id.is_empty() || 200 < signed.id.len() || signed.id.contains('.') {
            return Err(NotTaken::Form("webhook-id", "1 to 200 bytes without a full stop"));
        }
        let seconds: i64 = signed
            .timestamp
            .parse()
            .map_err(|_| NotTaken::Form("webhook-timestamp", "seconds since 1970-01-01T00:00Z"))?;
        let (tolerance_seconds, apart) = (self.tolerance_seconds, seconds.abs_diff(now.as_second()));
        if u64::from(tolerance_seconds) < apart {
            return Err(NotTaken::Stale { seconds: apart, now, tolerance_seconds });
        }
        let secrets = match &self.secrets {
            Secrets::File(path) => load(&format!("file:{path}"))?,
            Secrets::Given(secrets) => secrets.clone(),
        };
        let fits = verified(&secrets, (signed.id, seconds), body, signed.signatures).ok_or(NotTaken::Wrong)?;
        let message = (seconds + i64::from(tolerance_seconds), fits);
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        *remembered = remembered.split_off(&(now.as_second(), String::new()));
        if REMEMBERED_MAX <= remembered.len() {
            return Err(NotTaken::Full);
        }
        if !remembered.insert(message.clone()) {
            return Err(NotTaken::Replayed(signed.id.to_owned()));
        }
        Ok(Ticket { hook: self, remembered: Some(message) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the Standard Webhooks reference libraries, as in `secret`.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNED: Signed<'_> = Signed {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330",
        signatures: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };

    fn hook() -> Hook {
        Hook::new(Secrets::Given(vec![SECRET.parse().expect("a secret")]), 300)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_614_265_330 + second).expect("an instant")
    }

    #[track_caller]
    fn check(case: &str, signed: Signed<'_>, body: &[u8], now: i64, expected: &str) {
        let told = hook().admit(signed, body, at(now)).map_or_else(|error| error.to_string(), |_| "taken".into());
        assert!(told.starts_with(expected), "{case}: {told}");
    }

    #[test]
    fn only_what_was_signed_so_and_lately_is_taken() {
        check("the published example", SIGNED, BODY, 0, "taken");
        check("as late as it may", SIGNED, BODY, 300, "taken");
        check("too late", SIGNED, BODY, 301, "`webhook-timestamp` is 301 seconds");
        check("from the future", SIGNED, BODY, -301, "`webhook-timestamp` is 301 seconds");
        check("another body", SIGNED, br#"{"test": 2432232315}"#, 0, "no signature");
        check("another id", Signed { id: "msg_2", ..SIGNED }, BODY, 0, "no signature");
        check("another time", Signed { timestamp: "1614265331", ..SIGNED }, BODY, 0, "no signature");
        check("no time", Signed { timestamp: "yesterday", ..SIGNED }, BODY, 0, "`webhook-timestamp` is not as");
        check("no id", Signed { id: "", ..SIGNED }, BODY, 0, "`webhook-id` is not as");
        check("an id that is two parts", Signed { id: "a.1", ..SIGNED }, BODY, 0, "`webhook-id` is not as");
        let several = format!("v1,AAAA v2,x {}", SIGNED.signatures);
        check("one of several", Signed { signatures: &several, ..SIGNED }, BODY, 0, "taken");
        for signatures in ["", "v1,", "v1,AAAA", "v1,not base64", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="] {
            check(signatures, Signed { signatures, ..SIGNED }, BODY, 0, "no signature");
        }
    }

    #[test]
    fn the_same_is_taken_once_unless_it_could_not_be_stored() {
        let hook = hook();
        let ticket = hook.admit(SIGNED, BODY, at(0)).expect("taken");
        assert!(matches!(hook.admit(SIGNED, BODY, at(299)), Err(NotTaken::Replayed(_))));
        // Around the signature nothing can be changed that would hide the copy.
        let blanks = format!("v1,AAAA  {}", SIGNED.signatures);
        assert!(matches!(
            hook.admit(Signed { signatures: &blanks, ..SIGNED }, BODY, at(1)),
            Err(NotTaken::Replayed(_))
        ));
        drop(ticket);
        hook.admit(SIGNED, BODY, at(2)).expect("it was not stored").keep();
        assert!(matches!(hook.admit(SIGNED, BODY, at(3)), Err(NotTaken::Replayed(_))));
        assert!(matches!(hook.admit(SIGNED, BODY, at(301)), Err(NotTaken::Stale { .. })));
    }

    #[test]
    fn secrets_are_read_anew_and_never_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("secret").display().to_string();
        let hook = Hook::new(Secrets::File(path.clone()), 300);
        assert!(matches!(hook.admit(SIGNED, BODY, at(0)), Err(NotTaken::Secrets(_))));
        std::fs::write(&path, format!("{}\n{SECRET}\n", Secret::generate().expect("random").reveal()))
            .expect("written");
        let _ticket = hook.admit(SIGNED, BODY, at(0)).expect("the second of two fits");
        assert!(!format!("{hook:?}").contains("whsec"));
    }
}

//! Signatures of Standard Webhooks 1.0.0, so that a receiver knows who sent a message and that nobody changed it.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What stands before a secret, so that people and scanners recognise one.
const PREFIX: &str = "whsec_";
/// Lengths the specification allows, in bytes.
const BYTES_MIN: usize = 24;
const BYTES_MAX: usize = 64;
/// Signatures of one message that are looked at.
const SIGNATURES_MAX: usize = 8;

/// A signing secret: 24 to 64 bytes, written `whsec_` and base64.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// Why there is no secret to sign with. What was found is never repeated.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Not a secret.
    #[error("line {0} is not a secret: expected `whsec_` and the base64 of 24 to 64 bytes")]
    Syntax(usize),
    /// A file without a secret.
    #[error("no secret in `{0}`; write one a line, the first signs first")]
    Empty(String),
    /// A reference of a kind Amity does not know.
    #[error("expected a secret reference `file:<path>`, found another kind")]
    Reference,
    /// The file could not be read.
    #[error("could not read the secrets in `{path}`")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes for a secret")]
    Random,
}

impl Secret {
    /// A new secret of 32 random bytes.
    ///
    /// # Errors
    /// [`SecretError::Random`].
    pub fn generate() -> Result<Self, SecretError> {
        let mut bytes = vec![0; 32];
        let random = rustls::crypto::ring::default_provider().secure_random;
        random.fill(&mut bytes).map_err(|_| SecretError::Random)?;
        Ok(Self(bytes))
    }

    /// The text to give to the receiver. There is no `Display`, so that a secret is not written by accident.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The signature of a message, `v1,` and base64.
    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        format!("v1,{}", STANDARD.encode(self.mac(id, timestamp, body).finalize().into_bytes()))
    }

    fn mac(&self, id: &str, timestamp: i64, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        mac
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let decoded = text.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
        let bytes = decoded.filter(|bytes| (BYTES_MIN..=BYTES_MAX).contains(&bytes.len()));
        bytes.map(Self).ok_or(SecretError::Syntax(1))
    }
}

/// The secrets a reference names; read again for every message, so that a change of the file rotates them.
///
/// # Errors
/// [`SecretError`].
pub fn load(reference: &str) -> Result<Vec<Secret>, SecretError> {
    let path = reference.strip_prefix("file:").ok_or(SecretError::Reference)?;
    let text = std::fs::read_to_string(Path::new(path))
        .map_err(|source| SecretError::Read { path: path.to_owned(), source })?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let parsed = lines.map(|(number, line)| line.trim().parse().map_err(|_| SecretError::Syntax(number)));
    let secrets: Vec<Secret> = parsed.collect::<Result<_, _>>()?;
    if secrets.is_empty() { Err(SecretError::Empty(path.to_owned())) } else { Ok(secrets) }
}

/// The `webhook-signature` header: one signature for each secret, so that receivers change over when they like.
pub fn signatures(secrets: &[Secret], id: &str, timestamp: i64, body: &[u8]) -> String {
    secrets.iter().map(|secret| secret.sign(id, timestamp, body)).collect::<Vec<_>>().join(" ")
}

/// Which of some signatures is that of one of the secrets, in the words of [`signatures`]; `None` where none is. Every secret is
/// tried, and each comparison takes as long whatever is wrong.
pub(crate) fn verified(
    secrets: &[Secret],
    (id, timestamp): (&str, i64),
    body: &[u8],
    signatures: &str,
) -> Option<String> {
    let given = signatures.split_whitespace().filter_map(|signature| signature.strip_prefix("v1,"));
    // A message has one signature for each secret; more are an attempt to make work.
    let given: Vec<_> = given.take(SIGNATURES_MAX).filter_map(|signature| STANDARD.decode(signature).ok()).collect();
    let mut fits = None;
    for secret in secrets {
        let mac = secret.mac(id, timestamp, body);
        if given.iter().any(|signature| mac.clone().verify_slice(signature).is_ok()) {
            fits = Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
        }
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the Standard Webhooks reference libraries; computed again with
    // `printf 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:<key>`.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn signs_like_the_reference() {
        let secret: Secret = SECRET.parse().expect("a secret");
        assert_eq!(signatures(std::slice::from_ref(&secret), ID, 1_614_265_330, BODY), SIGNATURE);
        assert_eq!(secret.reveal(), SECRET);
        let other = Secret::generate().expect("random bytes");
        let both = signatures(&[other.clone(), secret], ID, 1_614_265_330, BODY);
        let (first, second) = both.split_once(' ').expect("two signatures");
        assert_eq!(second, SIGNATURE);
        assert_ne!(first, SIGNATURE);
        assert_eq!(other.reveal().parse::<Secret>().expect("a secret"), other);
    }

    #[test]
    fn files_hold_one_secret_a_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secrets");
        let reference = format!("file:{}", path.display());
        let check = |text: &str, expected: Result<usize, &str>| {
            std::fs::write(&path, text).expect("written");
            let loaded = load(&reference).map(|secrets| secrets.len()).map_err(|error| error.to_string());
            match expected {
                Ok(count) => assert_eq!(loaded, Ok(count), "{text}"),
                Err(part) => assert!(loaded.as_ref().is_err_and(|error| error.contains(part)), "{text}: {loaded:?}"),
            }
        };
        check(SECRET, Ok(1));
        check(&format!("# new\n{SECRET}\n\n# old\n{SECRET}\n"), Ok(2));
        check("", Err("no secret"));
        check(&format!("{SECRET}\nMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Err("line 2"));
        check("whsec_c2hvcnQ=", Err("line 1"));
        assert!(matches!(load("env:SECRET"), Err(SecretError::Reference)));
        assert!(matches!(load("file:/nowhere/secrets"), Err(SecretError::Read { .. })));
    }

    #[test]
    fn secrets_are_not_printed() {
        let secret: Secret = SECRET.parse().expect("a secret");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}

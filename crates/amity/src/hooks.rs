//! The head-ends of the settings that push signed messages.

use std::path::Path;

use api::{Pusher, Pushers};
use interop::hook::{Hook, Secrets};
use interop::secret::Secret;

use crate::output::Failure;
use crate::settings::{self, Settings};

/// Those with a `[head_end.hook]`, by name; relative paths begin at the data folder.
///
/// # Errors
/// [`Failure::Usage`] naming the head-end whose secrets are not there. What was found in their place is never repeated.
pub fn pushers(settings: &Settings, folder: &Path) -> Result<Pushers, Failure> {
    let mut pushers = Pushers::new();
    for head_end in &settings.head_ends {
        let Some(hook) = &head_end.hook else { continue };
        let wrong = |why: &str| {
            let file = settings::FILE_NAME;
            Failure::Usage(format!("{file}: head_end: `{}`: hook.secret_env: {why}", head_end.name))
        };
        let secrets = match (&hook.secret_file, &hook.secret_env) {
            (Some(file), _) => Secrets::File(folder.join(file).display().to_string()),
            (None, Some(variable)) => {
                let text = std::env::var(variable).map_err(|_| wrong("the variable is not set"))?;
                let parsed: Result<Vec<Secret>, _> = text.split_whitespace().map(str::parse).collect();
                let secrets = parsed.map_err(|error| wrong(&error.to_string()))?;
                if secrets.is_empty() {
                    return Err(wrong("the variable is empty"));
                }
                Secrets::Given(secrets)
            }
            // Refused when the settings were read.
            (None, None) => continue,
        };
        let hook = Hook::new(secrets, hook.tolerance_seconds);
        let pusher = Pusher { hook, format: head_end.format.clone(), zone: head_end.zone.clone() };
        pushers.insert(head_end.name.clone(), pusher);
    }
    Ok(pushers)
}

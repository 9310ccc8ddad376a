//! The plans of a running installation: loaded once, and again when somebody has changed them.

use std::sync::{Arc, Mutex, PoisonError};

use store::registry::Registry;
use vee::Plan;

use super::book::in_force;
use super::{Plans, PlansError};

/// The plan of the settings with what is in the registry; clones of the answer stay as they are.
#[derive(Debug)]
pub struct LivePlans {
    registry: Registry,
    default: Plan,
    held: Mutex<Option<(u64, Arc<Plans>)>>,
}

impl LivePlans {
    /// The plans of a registry, over the one that the settings name.
    pub fn new(registry: Registry, default: Plan) -> Self {
        Self { registry, default, held: Mutex::default() }
    }

    /// The plan that the settings name.
    pub fn default_plan(&self) -> &Plan {
        &self.default
    }

    /// The plans in force.
    ///
    /// # Errors
    /// [`PlansError::Broken`] where what is stored and the plan of the settings do not make a book together.
    pub async fn now(&self) -> Result<Arc<Plans>, PlansError> {
        let revision = self.registry.plans().revision().await?;
        if let Some((held, plans)) = &*self.held.lock().unwrap_or_else(PoisonError::into_inner)
            && *held == revision
        {
            return Ok(Arc::clone(plans));
        }
        let stored = self.registry.plans().all().await?;
        let plans = Arc::new(in_force(&self.default, &stored).map_err(PlansError::Broken)?);
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some((stored.revision, Arc::clone(&plans)));
        Ok(plans)
    }
}

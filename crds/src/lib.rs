//! Slipway's custom resources and the generator of their manifests.
//!
//! The fields are the API of design §2: whatever a later version does with them, their names, forms and defaults are
//! here. No type knows anything of controllers.

#![expect(clippy::duplicated_attributes, reason = "columns of one kind share their type and priority")]
#![expect(unreachable_pub, reason = "the schema derive repeats each public type inside a function")]

pub mod condition;
pub mod duration;
pub mod generated;
pub mod intent;
pub mod manifest;
pub mod reference;
mod rule;
pub mod tls;
pub mod v1alpha1;

/// Annotation that carries what the world cannot tell: JSON of a few hundred bytes (design, API rule 2).
pub const MEMORY_ANNOTATION: &str = "slipway.dev/memory";

/// `status.observedGeneration` of an object that no controller has seen yet (design, API rule 3).
pub const NEVER_OBSERVED: i64 = -1;

const fn never_observed() -> i64 {
    NEVER_OBSERVED
}

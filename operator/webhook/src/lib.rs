//! A site with an inventory of its own behind the registrar port: every verb is one signed `POST` to one address, so that a site writes one
//! handler. `docs/webhook-registrar.md` says what a site implements; messages are signed by the Standard Webhooks specification 1.0.0.

mod answer;
mod call;
mod gather;
mod kept;
mod lane;
mod limits;
mod record;
mod refusal;
mod registrar;
mod signature;
mod verb;

pub use limits::Limits;
pub use registrar::WebhookRegistrar;

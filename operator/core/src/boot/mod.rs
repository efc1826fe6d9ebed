//! Network boot: what a machine that asks for its script is told, and what it reports back.

mod entry;
mod port;

pub use entry::{
    AnswerFile, Artifact, AttemptId, BootAnswer, BootEntry, LocalBoot, Recipe, RecipeBoot, Ticket,
};
pub use port::{BootPort, ImageState, NotRecorded, Report, ReportSink, Step};

//! A report sink that keeps everything and records as it is told.

use std::sync::Mutex;

use async_trait::async_trait;
use slipway_core::{
    boot::{NotRecorded, Report, ReportSink, Step},
    mac_address::MacAddress,
};
use tokio::sync::watch;

/// What becomes of reports that are to be settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recording {
    Works,
    Fails,
    /// Never answers until told otherwise.
    Hangs,
}

#[derive(Debug)]
pub(crate) struct Sink {
    pub recording: watch::Sender<Recording>,
    pub settling: watch::Sender<usize>,
    noted: Mutex<Vec<Report>>,
    settled: Mutex<Vec<Report>>,
    strangers: Mutex<Vec<(Option<MacAddress>, String)>>,
}

impl Sink {
    pub(crate) fn new() -> Self {
        Self {
            recording: watch::Sender::new(Recording::Works),
            settling: watch::Sender::new(0),
            noted: Mutex::default(),
            settled: Mutex::default(),
            strangers: Mutex::default(),
        }
    }

    pub(crate) fn noted(&self) -> Vec<Step> {
        self.noted.lock().unwrap().iter().map(|report| report.step.clone()).collect()
    }

    pub(crate) fn settled(&self) -> Vec<(Step, i32)> {
        self.settled
            .lock()
            .unwrap()
            .iter()
            .map(|report| (report.step.clone(), report.attempt.attempt))
            .collect()
    }

    pub(crate) fn strangers(&self) -> Vec<(Option<MacAddress>, String)> {
        self.strangers.lock().unwrap().clone()
    }
}

#[async_trait]
impl ReportSink for Sink {
    fn note(&self, report: Report) {
        self.noted.lock().unwrap().push(report);
    }

    async fn settle(&self, report: Report) -> Result<(), NotRecorded> {
        self.settling.send_modify(|count| *count += 1);
        let mut recording = self.recording.subscribe();
        let now = *recording.wait_for(|recording| *recording != Recording::Hangs).await.unwrap();
        if now == Recording::Fails {
            return Err(NotRecorded);
        }
        self.settled.lock().unwrap().push(report);
        Ok(())
    }

    fn unknown_machine(&self, mac: Option<MacAddress>, why: &str) {
        self.strangers.lock().unwrap().push((mac, why.to_owned()));
    }
}

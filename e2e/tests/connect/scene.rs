//! What the tests of this program begin with. The cloud's clock stands still: a test turns it, and the operator sees it at its next look.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_core::clock::{SignedDuration, Timestamp};
use slipway_e2e::{ControlPlane, OperatorOptions, OperatorProcess, Site, SiteOptions, wait_for};
use slipway_sim::{CloudConfig, CloudTimings, Offence, PinPost};

/// Longest wait for the other side.
pub(crate) const SOON: Duration = Duration::from_secs(30);
pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const DAY: Duration = Duration::from_hours(24);

/// An operator that looks often and writes down much.
pub(crate) fn operator() -> OperatorOptions {
    logging("debug")
}

/// The same with another `--log`.
pub(crate) fn logging(level: &str) -> OperatorOptions {
    let options = OperatorProcess::options().poll_interval("300ms").arg("--log").arg(level);
    options.arg("--deletion-timeout").arg("20s")
}

/// A cloud that does its part at once, with a clock that stands.
pub(crate) fn prompt() -> CloudConfig {
    let instant = Duration::ZERO;
    let timings =
        CloudTimings { request: instant, fingerprint: instant, connect: instant, ..CloudTimings::default() };
    CloudConfig { timings, speed: 0.0, ..CloudConfig::default() }
}

/// The options of most tests.
pub(crate) fn options() -> SiteOptions {
    Site::options().cloud(prompt()).operator(operator())
}

/// A site whose records and objects the test makes itself.
pub(crate) async fn site(options: SiteOptions, test: &str) -> Site {
    options.start(ControlPlane::shared().await.unwrap(), test).await.unwrap()
}

/// A site with one record that somebody else has made.
pub(crate) struct Scene {
    pub(crate) site: Site,
    /// OCID of the record.
    pub(crate) id: String,
}

impl Scene {
    /// No object is there yet.
    pub(crate) async fn open(test: &str) -> Self {
        Self::open_with(options(), test).await
    }

    pub(crate) async fn open_with(options: SiteOptions, test: &str) -> Self {
        let site = site(options, test).await;
        let id = site.record(0);
        Self { site, id }
    }

    /// The object asks to be connected and waits for its time in REJECT.
    pub(crate) async fn waiting(test: &str, policy: &Value) -> Self {
        Self::open(test).await.wait_for_its_time(policy).await
    }

    pub(crate) async fn wait_for_its_time(self, policy: &Value) -> Self {
        self.site.apply(&self.site.to_connect(0, policy)).await.unwrap();
        self.not_before().await;
        self
    }

    /// The rack is connected.
    pub(crate) async fn connected(test: &str, policy: &Value) -> Self {
        Self::waiting(test, policy).await.connect().await
    }

    /// Lets the time in REJECT pass and the rack be connected.
    pub(crate) async fn connect(self) -> Self {
        self.let_begin().await;
        self.site.wait_connected(0).await.unwrap();
        self
    }

    /// When the next handshake may begin; waits until it is told and still to come.
    pub(crate) async fn not_before(&self) -> Timestamp {
        not_before(&self.site, 0).await
    }

    /// Turns the clock to the moment at which the next handshake may begin. Status tells it to the second.
    pub(crate) async fn let_begin(&self) {
        let moment = self.not_before().await;
        turn_to(&self.site, moment + SignedDuration::from_secs(1));
    }

    /// Waits until the operator has read the record so many times more.
    pub(crate) async fn looked(&self, times: usize) {
        looked(&self.site, &self.id, times).await;
    }

    /// Waits until an attempt is at a step.
    pub(crate) async fn step(&self, attempt: i32, step: &str) -> Value {
        let probe = |object: &Value| {
            let handshake = &object["status"]["handshake"];
            let is_so = handshake["attempt"] == attempt && handshake["step"] == step;
            if is_so { Ok(()) } else { Err(format!("status is {}", object["status"])) }
        };
        self.site.wait(0, &format!("attempt {attempt} at {step}"), probe).await.unwrap()
    }

    /// Waits until `Ready` has a reason, whatever its status.
    pub(crate) async fn reason(&self, reason: &str) -> Value {
        self.reason_with(reason, "").await
    }

    /// The same with words in its message.
    pub(crate) async fn reason_with(&self, reason: &str, words: &str) -> Value {
        reason_of(&self.site, 0, reason, words).await
    }

    /// The PINs that were posted to the rack.
    pub(crate) fn posts(&self) -> Vec<PinPost> {
        self.site.racks[0].posts()
    }

    /// The PUTs about the record that were answered with 200: whether each had `if-match`, and the state before and after.
    pub(crate) fn orders(&self) -> Vec<(bool, String, String)> {
        let calls = self.site.cloud.calls().into_iter();
        let orders = calls.filter(|call| call.method == "PUT" && call.status == Some(200));
        orders
            .filter(|call| call.infrastructure.as_ref() == Some(&self.id))
            .map(|call| (call.if_match, word(call.state_before), word(call.state_after)))
            .collect()
    }

    /// Ends the test: nothing was done that should not be, but for `allowed`, and no secret can be read.
    pub(crate) async fn close(&self, allowed: &[Offence]) {
        close(&self.site, allowed).await;
    }
}

fn word(state: Option<slipway_sim::ConnectionState>) -> String {
    state.map_or_else(String::new, |state| state.word().to_owned())
}

/// [`Scene::orders`]' way of saying that this was ordered with `if-match`.
pub(crate) fn order(before: &str, after: &str) -> (bool, String, String) {
    (true, before.to_owned(), after.to_owned())
}

/// A moment of a status.
pub(crate) fn moment(text: &Value) -> Option<Timestamp> {
    text.as_str()?.parse().ok()
}

/// When the next handshake of a rack may begin; waits until it is told and still to come.
pub(crate) async fn not_before(site: &Site, index: usize) -> Timestamp {
    let now = site.cloud.clock().now();
    let to_come = |object: &Value| {
        let status = &object["status"];
        let told = moment(&status["notBefore"]).filter(|moment| *moment > now);
        let waits = status["connectionState"] == "REJECT";
        told.filter(|_| waits).map(|_| ()).ok_or_else(|| format!("status is {status}"))
    };
    let object = site.wait(index, "a time to begin", to_come).await.unwrap();
    moment(&object["status"]["notBefore"]).unwrap()
}

/// Turns the clock forward to a moment.
pub(crate) fn turn_to(site: &Site, moment: Timestamp) {
    let left = moment.duration_since(site.cloud.clock().now());
    site.advance(Duration::try_from(left.max(SignedDuration::ZERO)).unwrap());
}

/// Lets the waiting times of all racks pass, then waits until each is connected.
pub(crate) async fn connect_all(site: &Site) {
    for index in 0..site.racks.len() {
        let moment = not_before(site, index).await;
        turn_to(site, moment - SignedDuration::from_secs(2));
    }
    site.advance(Duration::from_secs(4));
    for index in 0..site.racks.len() {
        site.wait_connected(index).await.unwrap();
    }
}

/// Turns the clock on and on, by a quarter of a minute a look, until it is so.
pub(crate) async fn wait_turning(site: &Site, is_so: impl Fn(&Site) -> bool) {
    let looks = || {
        site.advance(MINUTE / 4);
        std::future::ready(if is_so(site) { Ok(()) } else { Err(anyhow::anyhow!("not yet")) })
    };
    wait_for("it to be so while time goes by", SOON, looks).await.unwrap();
}

/// Waits until the operator has read a record so many times more.
pub(crate) async fn looked(site: &Site, id: &str, times: usize) {
    let looks = || {
        let calls = site.cloud.calls().into_iter();
        calls.filter(|call| call.method == "GET" && call.target.contains(id) && call.status.is_some()).count()
    };
    // One may be on its way that was begun before.
    let enough = looks() + times + 1;
    let wait = site.cloud.wait_until(SOON, |_| looks() >= enough).await;
    assert!(wait, "the operator does not look: {}", site.operator.log().tail(20));
}

/// Waits until `Ready` has a reason and words in its message.
pub(crate) async fn reason_of(site: &Site, index: usize, reason: &str, words: &str) -> Value {
    let probe = |object: &Value| {
        let ready = slipway_e2e::objects::condition(object, "Ready");
        let is_so =
            ready["reason"] == reason && ready["message"].as_str().unwrap_or_default().contains(words);
        if is_so { Ok(()) } else { Err(format!("Ready is {ready}, status {}", object["status"])) }
    };
    site.wait(index, &format!("{reason} {words:?}"), probe).await.unwrap()
}

/// Waits until the API server would give a new object a later time than this one: ages are told apart by the second.
pub(crate) async fn outlive(site: &Site, index: usize) {
    let object = site.get(index).await.unwrap();
    let made = moment(&object["metadata"]["creationTimestamp"]).unwrap();
    let later = || {
        std::future::ready(if Timestamp::now().as_second() > made.as_second() {
            Ok(())
        } else {
            Err(anyhow::anyhow!("{made}"))
        })
    };
    wait_for("another second", SOON, later).await.unwrap();
}

/// Nothing was done that should not be, but for `allowed`, and no secret can be read.
pub(crate) async fn close(site: &Site, allowed: &[Offence]) {
    let violations = site.cloud.violations();
    let offences: Vec<Offence> = violations.iter().map(|violation| violation.offence.clone()).collect();
    assert_eq!(offences, allowed, "{violations:?}");
    let readable = site.readable().await.unwrap();
    for secret in secrets(site) {
        assert!(!readable.contains(&secret), "{secret} can be read: {}", around(&readable, &secret));
    }
}

/// Every PIN so far, the account's key line by line, and what only a copy of its file or of a signed request would hold.
pub(crate) fn secrets(site: &Site) -> Vec<String> {
    let posted = site.racks.iter().flat_map(slipway_sim::Rack::pins);
    let shown = site.cloud.infrastructures().into_iter().filter_map(|id| site.cloud.pin(&id));
    let key = site.account.private_key_pem.lines().filter(|line| !line.starts_with("---")).map(str::to_owned);
    let forms = ["key_file=", "PRIVATE KEY", "Signature version="].map(str::to_owned);
    posted.chain(shown).chain(key.filter(|line| line.len() > 8)).chain(forms).collect()
}

fn around(text: &str, part: &str) -> String {
    let line = text.lines().find(|line| line.contains(part)).unwrap_or_default();
    line.chars().take(2000).collect()
}

/// Says that `connection.desired` is this.
pub(crate) fn desired(word: &str) -> Value {
    json!({"connection": {"desired": word}})
}

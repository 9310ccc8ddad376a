//! What every kind of head-end must do (the contract in `headend`), shown on a stand-in of its kind.

use headend::{Accepted, Body, Delivery, HeadEnd, Request, RequestKind, Trouble};
use jiff::SignedDuration;
use model::time::TimeRange;

/// A stand-in that can be made to do everything that a head-end of its kind does.
pub trait StandIn {
    /// What is tested.
    type HeadEnd: HeadEnd;
    /// How often one is asked at the most before it hands over what it has: more than once where "nothing" may mean "not yet".
    const ASKED_MAX: u32 = 1;

    /// The trouble of one that is down.
    fn is_down(trouble: &Trouble) -> bool;
    /// A head-end that talks to the stand-in, as after a start of the program.
    fn head_end(&self) -> Self::HeadEnd;
    /// Has a delivery, after those before it.
    fn publish(&mut self, name: &str, bytes: &[u8]);
    /// Has a delivery that is not whole yet; `false` where its kind knows none.
    fn begin(&mut self, name: &str, bytes: &[u8]) -> bool;
    /// Cannot be reached, or can again.
    fn set_down(&mut self, is_down: bool);
    /// Asks to wait from now on, or not any more; `false` where its kind cannot.
    fn set_busy(&mut self, seconds: Option<u32>) -> bool;
    /// Kinds and devices of the requests that had an effect, in order; `None` where its kind takes none. It refuses what is
    /// asked of the device `not here`.
    fn requested(&self) -> Option<Vec<(String, Vec<String>)>> {
        None
    }
    /// What a delivery that was published so is called.
    fn named(name: &str) -> String {
        name.to_owned()
    }
    /// What was published, out of what was handed over: the same where the kind puts nothing around it.
    fn unwrapped(bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }
}

fn bytes_of<S: StandIn>(delivery: &Delivery) -> Vec<u8> {
    S::unwrapped(match &delivery.body {
        Body::Bytes(bytes) => bytes.to_vec(),
        Body::File(path) => std::fs::read(path).expect("readable"),
    })
}

async fn next<S: StandIn>(head_end: &mut S::HeadEnd, after: Option<&str>) -> Delivery {
    for _ in 0..S::ASKED_MAX {
        if let Some(delivery) = head_end.pull(after).await.expect("no trouble") {
            return delivery;
        }
    }
    panic!("no delivery");
}

/// Runs the whole suite; the stand-in has nothing yet.
pub async fn holds<S: StandIn>(mut stand_in: S) {
    let mut head_end = stand_in.head_end();
    assert_eq!(head_end.pull(None).await, Ok(None), "nothing is nothing");

    stand_in.publish("one", b"1");
    let first = next::<S>(&mut head_end, None).await;
    assert_eq!((first.name.clone(), bytes_of::<S>(&first)), (S::named("one"), b"1".to_vec()));
    head_end = stand_in.head_end();
    let again = next::<S>(&mut head_end, None).await;
    assert_eq!(
        (again.name.clone(), bytes_of::<S>(&again)),
        (S::named("one"), b"1".to_vec()),
        "a crash before it was stored"
    );
    head_end.taken(&again).await.expect("no trouble");
    assert_eq!(head_end.pull(Some(&again.position)).await, Ok(None), "each once");

    let mut position = again.position;
    let names: Vec<String> = (10..40).map(|number| format!("file {number}")).collect();
    names.iter().for_each(|name| stand_in.publish(name, name.as_bytes()));
    let mut came = Vec::new();
    for _ in &names {
        let delivery = next::<S>(&mut head_end, Some(&position)).await;
        let named = S::named(&String::from_utf8(bytes_of::<S>(&delivery)).expect("text"));
        assert_eq!(named, delivery.name);
        head_end.taken(&delivery).await.expect("no trouble");
        (position, head_end) = (delivery.position, stand_in.head_end());
        came.push(delivery.name);
    }
    let names: Vec<String> = names.iter().map(|name| S::named(name)).collect();
    assert_eq!(came, names, "in order, over starts of the program");

    if stand_in.begin("half", b"ha") {
        assert_eq!(head_end.pull(Some(&position)).await, Ok(None), "half a delivery is none");
    }
    if stand_in.set_busy(Some(7)) {
        let trouble = head_end.pull(Some(&position)).await;
        assert_eq!(trouble, Err(Trouble::Busy(Some(SignedDuration::from_secs(7)))));
        stand_in.set_busy(None);
    }
    stand_in.set_down(true);
    let trouble = head_end.pull(Some(&position)).await.expect_err("down is told");
    assert!(S::is_down(&trouble), "{trouble:?}");
    stand_in.set_down(false);
    stand_in.publish("last", b"9");
    assert_eq!(next::<S>(&mut head_end, Some(&position)).await.name, S::named("last"), "and it goes on");

    asks(&mut stand_in).await;
}

/// What is asked for has one effect, however often and by whomever it is asked.
async fn asks<S: StandIn>(stand_in: &mut S) {
    let mut head_end = stand_in.head_end();
    let request = |id: &str, kind, devices: &[&str]| Request {
        id: id.into(),
        kind,
        devices: devices.iter().map(|device| (*device).into()).collect(),
    };
    let at = |text: &str| text.parse().expect("an instant");
    let range = TimeRange { start: at("2026-02-03T05:00:00Z"), end: at("2026-02-04T05:00:00Z") };
    let read = request("r-1", RequestKind::Read { range }, &["M-1", "not here", "M-2"]);
    if stand_in.requested().is_none() {
        assert!(matches!(head_end.ask(&read).await, Err(Trouble::Refused(_))), "its kind takes no requests");
        return;
    }
    let accepted = head_end.ask(&read).await.expect("accepted");
    let Accepted { refused } = &accepted;
    assert_eq!(refused.iter().map(|(device, _)| device.as_str()).collect::<Vec<_>>(), ["not here"]);
    assert_eq!(stand_in.head_end().ask(&read).await, Ok(accepted), "a crash before it was noted");
    head_end.ask(&request("r-2", RequestKind::ReadNow, &["M-1"])).await.expect("accepted");
    head_end.ask(&request("r-3", RequestKind::Ping, &["M-2"])).await.expect("accepted");
    let was = |kind: &str, devices: &[&str]| (kind.to_owned(), devices.iter().map(ToString::to_string).collect());
    let expected = vec![was("read", &["M-1", "M-2"]), was("read_now", &["M-1"]), was("ping", &["M-2"])];
    assert_eq!(stand_in.requested(), Some(expected));

    if stand_in.set_busy(Some(7)) {
        assert_eq!(head_end.ask(&read).await, Err(Trouble::Busy(Some(SignedDuration::from_secs(7)))));
        stand_in.set_busy(None);
    }
    stand_in.set_down(true);
    let trouble = head_end.ask(&read).await.expect_err("down is told");
    assert!(S::is_down(&trouble), "{trouble:?}");
    stand_in.set_down(false);
}

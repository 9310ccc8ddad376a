//! How a request gets to whoever talks to a head-end.
//!
//! One task talks to a head-end: it collects, keeps the rate contract, and takes a call when both leave room. There is one call
//! at a time, so that whoever asks is held up instead of a queue that grows.

use headend::{Accepted, Request, Trouble};
use tokio::sync::{mpsc, oneshot};

/// A request and where its answer goes.
#[derive(Debug)]
pub struct Call {
    /// The request.
    pub request: Request,
    /// Where its answer goes; nobody may wait there any more.
    pub answer: oneshot::Sender<Result<Accepted, Trouble>>,
}

/// The way to a head-end.
#[derive(Clone, Debug)]
pub struct Line(mpsc::Sender<Call>);

/// A way to a head-end, and where its calls arrive.
pub fn line() -> (Line, mpsc::Receiver<Call>) {
    let (sender, calls) = mpsc::channel(1);
    (Line(sender), calls)
}

impl Line {
    /// Asks, and waits as long as deliveries go first or the head-end wants to be left alone; `None` where nobody talks to the
    /// head-end any more.
    pub async fn ask(&self, request: Request) -> Option<Result<Accepted, Trouble>> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Call { request, answer }).await.ok()?;
        answered.await.ok()
    }
}

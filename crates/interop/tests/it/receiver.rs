//! A subscriber on the loopback that answers as a test tells it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use formats::{Format, Options, Sink};
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::reading::{ChannelReadings, MessageHeader};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a test waits for what must happen; far more than it takes.
const LIMIT: Duration = Duration::from_secs(60);

/// What the receiver does with a message after it has noted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Status(u16),
    /// Sends the client elsewhere.
    Redirect,
    /// Never answers.
    Silence,
}

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub id: String,
    pub timestamp: String,
    pub signatures: String,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// A receiver; what its script does not say is accepted.
pub struct Receiver {
    pub address: SocketAddr,
    received: watch::Receiver<Vec<Received>>,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Desk {
    received: Arc<watch::Sender<Vec<Received>>>,
    script: Arc<Mutex<VecDeque<Reply>>>,
}

impl Receiver {
    pub async fn start(script: &[Reply]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, received) = watch::channel(Vec::new());
        let script = Arc::new(Mutex::new(script.iter().copied().collect()));
        let desk = Desk { received: Arc::new(sender), script };
        let router = Router::new().route("/readings", post(take)).with_state(desk);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
        Self { address, received, server }
    }

    pub fn url(&self) -> String {
        format!("http://{}/readings", self.address)
    }

    pub fn all(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }

    /// Waits until so many messages have come, and answers them.
    pub async fn messages(&self, count: usize) -> Vec<Received> {
        let mut received = self.received.clone();
        let enough = tokio::time::timeout(LIMIT, received.wait_for(|all| count <= all.len())).await;
        let all = enough.unwrap_or_else(|_| panic!("{} of {count} messages came", self.all().len()));
        all.expect("the receiver runs").clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let received = Received {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
        content_type: header("content-type"),
        body: body.into(),
    };
    let reply = desk.script.lock().expect("unpoisoned").pop_front().unwrap_or(Reply::Status(204));
    desk.received.send_modify(|all| all.push(received));
    match reply {
        Reply::Silence => std::future::pending().await,
        Reply::Redirect => (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")]).into_response(),
        Reply::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
    }
}

/// What an XML message says, as Amity's own reader understands it.
#[derive(Debug, Default)]
pub struct Told {
    pub header: MessageHeader,
    pub readings: Vec<ChannelReadings>,
}

impl Received {
    pub fn xml(&self) -> Told {
        let mut told = Told::default();
        let mut reader = formats::reader(Format::Cim, &Options::default());
        reader.push(&self.body, &mut told).expect("readable");
        reader.finish(&mut told).expect("complete");
        told
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

impl Sink for Told {
    fn message(&mut self, header: &MessageHeader) {
        self.header = header.clone();
    }

    fn readings(&mut self, readings: &ChannelReadings) {
        self.readings.push(readings.clone());
    }

    fn event(&mut self, event: &EndDeviceEvent) {
        panic!("no events are sent, found {event:?}");
    }

    fn finding(&mut self, finding: Finding) {
        panic!("{finding}");
    }
}

//! The head-ends' side: sends what is due, as often as it takes until it is acknowledged.

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, StatusCode};
use serde_json::Value;
use simulator::collection::usage_point_name;
use tokio::task::JoinSet;

use super::account::Account;
use crate::output::Failure;

/// Messages that are under way at a time; head-ends hold the others back.
const UNDER_WAY_MAX: usize = 16;
/// Wait before a message is sent again that was not answered.
const AGAIN: Duration = Duration::from_millis(50);

/// Sends messages, so many at a time.
pub struct Sender {
    client: Client,
    address: String,
    account: Arc<Account>,
    under_way: tokio::sync::Mutex<JoinSet<Result<(), Failure>>>,
}

/// Something to send.
struct Message {
    address: String,
    content_type: &'static str,
    body: String,
    readings: u64,
}

impl Sender {
    /// Sends to a server and notes what becomes of it.
    pub fn new(address: String, account: Arc<Account>) -> Result<Self, Failure> {
        // reqwest uses the provider of the process; an error means that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(Duration::from_secs(60)).build();
        let client = client.map_err(|error| Failure::work("could not make a client", error))?;
        Ok(Self { client, address, account, under_way: tokio::sync::Mutex::default() })
    }

    /// Sends a document of events as soon as there is room.
    pub async fn send_events(&self, source: &str, body: String, count: u64) {
        self.account.sends(count);
        let address = format!("{}/api/v1/events?source={source}", self.address);
        self.send(Message { address, content_type: "application/json", body, readings: 0 }).await;
    }

    /// Sends an hour of so many usage points.
    pub async fn send_readings(&self, second: u32, begins: Timestamp, usage_points: u32) {
        let start = begins.as_second().div_euclid(3600) * 3600 - i64::from(second + 2) * 3600;
        let at = |seconds: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let mut body = String::from("usage_point_id,uom,start,end,value\n");
        for number in 0..usage_points {
            let name = usage_point_name(number).value;
            let written = writeln!(body, "{name},kWh,{},{},{number}.{second:03}", at(start), at(start + 3600));
            written.expect("a text grows");
        }
        let address = format!("{}/api/v1/readings?source=readings", self.address);
        let readings = usage_points.into();
        self.send(Message { address, content_type: "text/csv", body, readings }).await;
    }

    async fn send(&self, message: Message) {
        let mut under_way = self.under_way.lock().await;
        while UNDER_WAY_MAX <= under_way.len() {
            self.ended(under_way.join_next().await);
        }
        let (client, account) = (self.client.clone(), Arc::clone(&self.account));
        under_way.spawn(async move { until_acknowledged(&client, &message, &account).await });
    }

    fn ended(&self, ended: Option<Result<Result<(), Failure>, tokio::task::JoinError>>) {
        if let Some(Ok(Err(failure))) = ended {
            self.account.fails(failure);
        }
    }

    /// Waits until everything is acknowledged.
    ///
    /// # Errors
    /// The first message that the server refuses for good.
    pub async fn finish(self) -> Result<(), Failure> {
        let mut under_way = self.under_way.lock().await;
        while let Some(ended) = under_way.join_next().await {
            self.ended(Some(ended));
        }
        self.account.failure().map_or(Ok(()), Err)
    }
}

async fn until_acknowledged(client: &Client, message: &Message, account: &Account) -> Result<(), Failure> {
    loop {
        let sent = Instant::now();
        let request = client.post(&message.address).header("content-type", message.content_type);
        let Ok(response) = request.body(message.body.clone()).send().await else {
            account.is_interrupted();
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        let status = response.status();
        let wait = response.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
        match (status, wait) {
            (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(seconds)) => {
                account.is_refused();
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            (status, _) => {
                // An answer that is cut off is none.
                let Ok(answer) = response.json::<Value>().await else {
                    account.is_interrupted();
                    tokio::time::sleep(AGAIN).await;
                    continue;
                };
                if !status.is_success() {
                    return Err(Failure::Usage(format!("the server answers {status}: {answer}")));
                }
                account.acknowledges(sent.elapsed(), message.readings, &answer);
                return Ok(());
            }
        }
    }
}

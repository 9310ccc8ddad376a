//! Messages that a head-end publishes to a broker of MQTT 5; each is a delivery.
//!
//! Amity is a subscriber with a session that the broker keeps, and acknowledges a message (quality of service 1) only when
//! [`HeadEnd::taken`] says that it is durable. So the broker holds what was not taken, whether Amity, the broker or the line
//! failed, and hands it over again; nothing here has a position. The broker sends no more than `in_flight_max` messages
//! ahead: what Amity cannot take yet waits at the broker.
//!
//! A task of its own keeps the connection alive while a delivery is being stored. It ends with the connection; the next
//! [`HeadEnd::pull`] makes a new one, as seldom as [`crate::pace`] lets it.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnectReturnCode, Filter, Packet, Publish, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, StateError};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::rest::secret;
use crate::{Body, Delivery, HeadEnd, Trouble};

/// How long an answer of the broker may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between signs of life.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// A session that never expires (MQTT 5, 3.1.2.11.2).
const FOR_EVER: u32 = u32::MAX;

/// A broker and what is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The broker: `mqtt://127.0.0.1:1883`.
    pub address: String,
    /// The name of the session that the broker keeps; no other client may have it.
    pub client_id: String,
    /// Topics, with `+` and `#` for any.
    pub topics: Vec<String>,
    /// Who Amity is to the broker, where it wants a name and a password.
    #[serde(default)]
    pub user: Option<String>,
    /// The file with the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Messages that the broker may send ahead of what was taken.
    #[serde(default = "in_flight_max")]
    pub in_flight_max: u16,
    /// How long a message is waited for, in milliseconds.
    #[serde(default = "wait_milliseconds")]
    pub wait_milliseconds: u32,
    /// The largest message, in MiB; the broker keeps larger ones from Amity.
    #[serde(default = "delivery_mib_max")]
    pub delivery_mib_max: u32,
}

const fn in_flight_max() -> u16 {
    16
}

const fn wait_milliseconds() -> u32 {
    1000
}

const fn delivery_mib_max() -> u32 {
    64
}

impl Settings {
    /// Host and port of the broker.
    ///
    /// # Errors
    /// [`Trouble::Refused`] naming the setting, what it is and what was expected.
    pub fn broker(&self) -> Result<(String, u16), Trouble> {
        let refused = |why: String| Err(Trouble::Refused(why));
        let place = self.address.strip_prefix("mqtt://").map(|rest| rest.trim_end_matches('/'));
        let Some((host, port)) = place.and_then(|place| place.rsplit_once(':')) else {
            return refused(format!("address `{}` is none: expected mqtt://host:port", self.address));
        };
        let Some(port) = port.parse().ok().filter(|port| *port != 0 && !host.is_empty()) else {
            return refused(format!("address `{}` has no port from 1 to 65535", self.address));
        };
        if self.user.is_some() != self.password_file.is_some() {
            return refused("expected both of user and password_file, or none of them".into());
        }
        let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if self.password_file.is_some() && !is_here {
            let address = &self.address;
            return refused(format!(
                "address `{address}` would carry the password in the clear: expected a broker on this machine, which may be a \
                 bridge to the other one over TLS"
            ));
        }
        if self.client_id.trim().is_empty() || self.topics.iter().all(|topic| topic.trim().is_empty()) {
            return refused("expected a client_id of its own and topics to subscribe to".into());
        }
        for (name, value) in
            [("in_flight_max", u32::from(self.in_flight_max)), ("delivery_mib_max", self.delivery_mib_max)]
        {
            if value == 0 {
                return refused(format!("{name} is 0: expected at least 1"));
            }
        }
        if 255 < self.delivery_mib_max {
            return refused(format!(
                "delivery_mib_max is {}: a message of MQTT has at most 255",
                self.delivery_mib_max
            ));
        }
        Ok((host.to_owned(), port))
    }

    fn options(&self) -> Result<MqttOptions, Trouble> {
        let (host, port) = self.broker()?;
        let mut options = MqttOptions::new(&self.client_id, host, port);
        options
            .set_clean_start(false)
            .set_session_expiry_interval(Some(FOR_EVER))
            .set_manual_acks(true)
            .set_keep_alive(KEEP_ALIVE)
            .set_receive_maximum(Some(self.in_flight_max))
            .set_max_packet_size(Some(self.delivery_mib_max << 20));
        if let (Some(user), Some(path)) = (&self.user, &self.password_file) {
            options.set_credentials(user, secret("password_file", path)?);
        }
        Ok(options)
    }
}

/// A broker as a head-end.
#[derive(Debug)]
pub struct Mqtt {
    settings: Settings,
    session: Option<Session>,
}

/// A connection, and what came over it.
#[derive(Debug)]
struct Session {
    client: AsyncClient,
    said: Receiver<Said>,
    task: AbortHandle,
    /// What came and was not acknowledged, in order; the first one is the delivery.
    waiting: VecDeque<Publish>,
    /// Whether the broker has not said yet that it subscribed.
    is_new: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the task of a connection tells.
#[derive(Debug)]
enum Said {
    Subscribed,
    Message(Publish),
    /// The acknowledgement of this packet is on its way.
    Acknowledged(u16),
    /// The connection has ended.
    Ended(Trouble),
}

impl Mqtt {
    /// A broker of these settings; nothing is connected yet.
    ///
    /// # Errors
    /// [`Trouble::Refused`] naming the setting that cannot be.
    pub fn new(settings: Settings) -> Result<Self, Trouble> {
        settings.broker()?;
        Ok(Self { settings, session: None })
    }

    /// The connection, made where there is none.
    async fn session(&mut self) -> Result<&mut Session, Trouble> {
        match &mut self.session {
            Some(session) => Ok(session),
            none => Ok(none.insert(Session::begin(&self.settings).await?)),
        }
    }
}

impl Session {
    async fn begin(settings: &Settings) -> Result<Self, Trouble> {
        let ahead = usize::from(settings.in_flight_max);
        let (client, events) = AsyncClient::new(settings.options()?, ahead + 1);
        let (tell, said) = mpsc::channel(ahead + 1);
        let task = tokio::spawn(keep(events, tell)).abort_handle();
        let mut session = Self { client, said, task, waiting: VecDeque::new(), is_new: true };
        let filters = settings.topics.iter().map(|topic| Filter::new(topic.clone(), QoS::AtLeastOnce));
        session.client.subscribe_many(filters).await.map_err(|_| gone())?;
        while session.is_new {
            if !session.hear(PATIENCE).await? {
                return Err(Trouble::Down("the broker does not answer".into()));
            }
        }
        Ok(session)
    }

    /// Hears what the connection tells next; `false` where it told nothing for so long.
    async fn hear(&mut self, patience: Duration) -> Result<bool, Trouble> {
        let Ok(said) = timeout(patience, self.said.recv()).await else { return Ok(false) };
        match said.ok_or_else(gone)? {
            Said::Subscribed => self.is_new = false,
            Said::Message(message) => self.waiting.push_back(message),
            Said::Acknowledged(packet) => {
                self.waiting.pop_front_if(|message| message.pkid == packet);
            }
            Said::Ended(trouble) => return Err(trouble),
        }
        Ok(true)
    }

    /// Acknowledges the message that was handed over, and waits until that is on its way.
    async fn acknowledge(&mut self) -> Result<(), Trouble> {
        let Some(message) = self.waiting.front() else { return Ok(()) };
        let packet = message.pkid;
        if message.qos == QoS::AtMostOnce {
            self.waiting.pop_front();
            return Ok(());
        }
        self.client.ack(message).await.map_err(|_| gone())?;
        while self.waiting.front().is_some_and(|message| message.pkid == packet) {
            if !self.hear(PATIENCE).await? {
                return Err(Trouble::Down("the acknowledgement does not get through".into()));
            }
        }
        Ok(())
    }
}

impl HeadEnd for Mqtt {
    async fn pull(&mut self, _after: Option<&str>) -> Result<Option<Delivery>, Trouble> {
        let wait = Duration::from_millis(self.settings.wait_milliseconds.into());
        let heard = async {
            let session = self.session().await?;
            if session.waiting.is_empty() {
                session.hear(wait).await?;
            }
            Ok(session.waiting.front().map(delivery))
        }
        .await;
        if heard.is_err() {
            self.session = None;
        }
        heard
    }

    async fn taken(&mut self, delivered: &Delivery) -> Result<(), Trouble> {
        let Some(session) = &mut self.session else { return Err(gone()) };
        if session.waiting.front().map(delivery).as_ref() != Some(delivered) {
            return Ok(());
        }
        let acknowledged = session.acknowledge().await;
        if acknowledged.is_err() {
            self.session = None;
        }
        acknowledged
    }
}

fn delivery(message: &Publish) -> Delivery {
    let name = String::from_utf8_lossy(&message.topic).into_owned();
    // The broker knows what was acknowledged.
    Delivery { name, position: String::new(), body: Body::Bytes(message.payload.clone()) }
}

fn gone() -> Trouble {
    Trouble::Down("the connection to the broker has ended; what was not acknowledged comes again".into())
}

/// Keeps a connection alive and tells what comes over it, until it ends or nobody listens.
async fn keep(mut events: EventLoop, tell: Sender<Said>) {
    loop {
        let said = match events.poll().await {
            Ok(Event::Incoming(Packet::Publish(message))) => Said::Message(message),
            Ok(Event::Incoming(Packet::SubAck(answer))) => subscribed(&answer.return_codes),
            Ok(Event::Outgoing(Outgoing::PubAck(packet))) => Said::Acknowledged(packet),
            Ok(_) => continue,
            Err(error) => Said::Ended(trouble(&error)),
        };
        let has_ended = matches!(said, Said::Ended(_));
        if tell.send(said).await.is_err() || has_ended {
            return;
        }
    }
}

fn subscribed(answers: &[SubscribeReasonCode]) -> Said {
    match answers.iter().find(|answer| !matches!(answer, SubscribeReasonCode::Success(_))) {
        None => Said::Subscribed,
        Some(code) => Said::Ended(Trouble::Refused(format!("the broker refuses the subscription: {code:?}"))),
    }
}

fn trouble(error: &ConnectionError) -> Trouble {
    let code = match error {
        ConnectionError::ConnectionRefused(code)
        | ConnectionError::MqttState(StateError::ConnFail { reason: code }) => code,
        ConnectionError::MqttState(StateError::IncomingPacketTooLarge { pkt_size, .. }) => {
            let why = "a message is larger than delivery_mib_max allows";
            return Trouble::Refused(format!("{why}: {pkt_size} bytes"));
        }
        error => return Trouble::Down(error.to_string()),
    };
    match code {
        ConnectReturnCode::ServerBusy | ConnectReturnCode::ServerUnavailable => Trouble::Busy(None),
        ConnectReturnCode::BadUserNamePassword
        | ConnectReturnCode::NotAuthorized
        | ConnectReturnCode::BadClientId
        | ConnectReturnCode::ClientIdentifierNotValid
        | ConnectReturnCode::Banned
        | ConnectReturnCode::BadAuthenticationMethod
        | ConnectReturnCode::UnsupportedProtocolVersion => {
            Trouble::Refused(format!("the broker refuses the connection: {code:?}"))
        }
        code => Trouble::Down(format!("the broker refuses the connection: {code:?}")),
    }
}

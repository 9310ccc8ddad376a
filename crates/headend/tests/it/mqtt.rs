//! A broker of MQTT: mosquitto, started by the test on a free port.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use headend::mqtt::{Mqtt, Settings};
use headend::{Body, HeadEnd, Trouble};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use tempfile::TempDir;

use crate::contract::{StandIn, holds};

/// mosquitto with a folder of its own, so that what it holds outlives it.
struct Broker {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

/// Where Debian keeps it.
fn program() -> &'static str {
    if Path::new("/usr/sbin/mosquitto").exists() { "/usr/sbin/mosquitto" } else { "mosquitto" }
}

impl Broker {
    fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let place = folder.path().display();
        let settings = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {place}/\n\
             max_queued_messages 0\nuser root\nlog_dest stderr\n{more}"
        );
        std::fs::write(folder.path().join("mosquitto.conf"), settings).expect("written");
        let mut broker = Self { folder, port, child: None };
        broker.start();
        broker
    }

    /// Starts it, and waits until it says that it runs.
    fn start(&mut self) {
        let mut command = Command::new(program());
        command.arg("-c").arg(self.folder.path().join("mosquitto.conf")).stderr(Stdio::piped());
        let mut child = command.spawn().expect("mosquitto, which `cargo xtask test` installs");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let is_running = lines.by_ref().map_while(Result::ok).any(|line| line.ends_with("running"));
        assert!(is_running, "mosquitto ended at once");
        // What it says further must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        self.child = Some(child);
    }

    /// Ends it so that it writes down what it holds.
    fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let ended = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill");
        assert!(ended.success());
        child.wait().expect("ended");
    }

    fn settings(&self) -> Settings {
        Settings {
            address: format!("mqtt://127.0.0.1:{}", self.port),
            client_id: "amity".into(),
            topics: vec!["hes/+".into()],
            user: None,
            password_file: None,
            in_flight_max: 4,
            wait_milliseconds: 250,
            delivery_mib_max: 1,
        }
    }

    /// Publishes messages in order; all of them are the broker's when this returns.
    fn send(&self, messages: &[(&str, &[u8])]) {
        let mut options = MqttOptions::new("meter", "127.0.0.1", self.port);
        options.set_max_packet_size(Some(4 << 20));
        let messages: Vec<_> = messages.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
        // The test itself runs on one thread, which waits here.
        let sending = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let (client, mut events) = AsyncClient::new(options, messages.len() + 1);
                for (name, bytes) in &messages {
                    client.publish(format!("hes/{name}"), QoS::AtLeastOnce, false, bytes.clone()).await.expect("sent");
                }
                let mut acknowledged = 0;
                while acknowledged < messages.len() {
                    let event = events.poll().await.expect("the broker is there");
                    acknowledged += usize::from(matches!(event, Event::Incoming(Packet::PubAck(_))));
                }
            });
        });
        sending.join().expect("published");
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl StandIn for Broker {
    type HeadEnd = Mqtt;
    const ASKED_MAX: u32 = 40;

    fn is_down(trouble: &Trouble) -> bool {
        matches!(trouble, Trouble::Down(_))
    }

    fn head_end(&self) -> Mqtt {
        Mqtt::new(self.settings()).expect("settings")
    }

    fn publish(&mut self, name: &str, bytes: &[u8]) {
        self.send(&[(name, bytes)]);
    }

    fn begin(&mut self, _name: &str, _bytes: &[u8]) -> bool {
        false
    }

    fn set_down(&mut self, is_down: bool) {
        if is_down { self.stop() } else { self.start() }
    }

    fn set_busy(&mut self, _seconds: Option<u32>) -> bool {
        false
    }

    fn named(name: &str) -> String {
        format!("hes/{name}")
    }
}

/// The next delivery, without its being taken.
async fn next(mqtt: &mut Mqtt) -> (String, Vec<u8>) {
    for _ in 0..Broker::ASKED_MAX {
        if let Some(delivery) = mqtt.pull(None).await.expect("no trouble") {
            let Body::Bytes(bytes) = delivery.body else { panic!("bytes") };
            return (delivery.name, bytes.to_vec());
        }
    }
    panic!("no delivery");
}

async fn take(mqtt: &mut Mqtt) -> String {
    next(mqtt).await;
    let delivery = mqtt.pull(None).await.expect("no trouble").expect("the same until it is taken");
    mqtt.taken(&delivery).await.expect("acknowledged");
    delivery.name
}

// covers: MOD-API
#[tokio::test]
async fn a_broker_holds_the_contract() {
    holds(Broker::new("")).await;
}

#[tokio::test]
async fn what_was_not_taken_comes_again_in_order_even_from_a_broker_that_was_started_again() {
    let mut broker = Broker::new("");
    // The first connection makes the session that is kept.
    assert_eq!(broker.head_end().pull(None).await, Ok(None));
    broker.send(&[("a", b"1"), ("b", b"2"), ("c", b"3"), ("d", b"4"), ("e", b"5"), ("f", b"6")]);
    let mut mqtt = broker.head_end();
    assert_eq!(take(&mut mqtt).await, "hes/a");
    let untaken = next(&mut mqtt).await;
    assert_eq!(untaken.0, "hes/b");
    drop(mqtt);
    broker.stop();
    broker.start();
    let mut mqtt = broker.head_end();
    for name in ["hes/b", "hes/c", "hes/d", "hes/e", "hes/f"] {
        assert_eq!(take(&mut mqtt).await, name);
    }
    assert_eq!(mqtt.pull(None).await, Ok(None));
}

#[tokio::test]
async fn a_message_taken_over_a_connection_that_has_ended_comes_again() {
    let mut broker = Broker::new("");
    let mut mqtt = broker.head_end();
    assert_eq!(mqtt.pull(None).await, Ok(None));
    broker.send(&[("a", b"1")]);
    next(&mut mqtt).await;
    let delivery = mqtt.pull(None).await.expect("no trouble").expect("a delivery");
    broker.stop();
    // The acknowledgement may still get on its way, to nobody.
    drop(mqtt.taken(&delivery).await);
    assert!(matches!(mqtt.pull(None).await, Err(Trouble::Down(_))), "no broker");
    broker.start();
    assert_eq!(take(&mut mqtt).await, "hes/a", "harmless: it is known by its content");
}

#[tokio::test]
async fn the_broker_keeps_what_is_too_much_at_once() {
    let broker = Broker::new("");
    let mut mqtt = broker.head_end();
    assert_eq!(mqtt.pull(None).await, Ok(None));
    let names: Vec<String> = (0..100).map(|number| format!("m{number:03}")).collect();
    let messages: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), name.as_bytes())).collect();
    broker.send(&messages);
    for name in &names {
        assert_eq!(take(&mut mqtt).await, format!("hes/{name}"));
    }
}

#[tokio::test]
async fn a_broker_that_refuses_is_told_as_it_says() {
    let broker = Broker::new("allow_anonymous false\n");
    let trouble = broker.head_end().pull(None).await.expect_err("refused");
    assert!(matches!(&trouble, Trouble::Refused(why) if why.contains("NotAuthorized")), "{trouble:?}");
}

#[test]
fn settings_that_cannot_be_are_named() {
    let good = Settings {
        address: "mqtt://127.0.0.1:1883".into(),
        client_id: "amity".into(),
        topics: vec!["hes/#".into()],
        user: None,
        password_file: None,
        in_flight_max: 1,
        wait_milliseconds: 1,
        delivery_mib_max: 1,
    };
    assert_eq!(good.broker(), Ok(("127.0.0.1".into(), 1883)));
    let secret = (Some("a".to_owned()), Some("secret".into()));
    for (settings, expected) in [
        (Settings { address: "broker".into(), ..good.clone() }, "address `broker` is none: expected mqtt://host:port"),
        (Settings { address: "mqtt://broker:0".into(), ..good.clone() }, "address `mqtt://broker:0` has no port"),
        (Settings { client_id: " ".into(), ..good.clone() }, "expected a client_id"),
        (Settings { topics: vec![], ..good.clone() }, "expected a client_id of its own and topics"),
        (Settings { in_flight_max: 0, ..good.clone() }, "in_flight_max is 0"),
        (Settings { delivery_mib_max: 256, ..good.clone() }, "delivery_mib_max is 256"),
        (
            Settings { address: "mqtt://broker:1883".into(), user: secret.0, password_file: secret.1, ..good.clone() },
            "address `mqtt://broker:1883` would carry the password in the clear",
        ),
    ] {
        let Err(Trouble::Refused(why)) = settings.broker() else { panic!("{expected}") };
        assert!(why.starts_with(expected), "{why}");
    }
}

//! What head-ends sent, published to a broker of MQTT as `NAME/FILE`, with the flaws of a line that is repeated and overtaken:
//! every third message comes twice, and neighbours change places.

use std::path::PathBuf;
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};

use crate::output::Failure;

/// The largest message, in bytes.
const MESSAGE_BYTES_MAX: u32 = 255 << 20;
/// How long the broker may take for one message.
const PATIENCE: Duration = Duration::from_secs(30);

/// Publishes the files of head-ends; all of them are the broker's when this returns. Answers how many messages that were.
///
/// # Errors
/// [`Failure`] naming the address or the file.
pub(super) fn publish(address: &str, files: &[(&'static str, Vec<PathBuf>)]) -> Result<usize, Failure> {
    let place = address.strip_prefix("mqtt://").and_then(|place| place.rsplit_once(':'));
    let Some((host, Ok(port))) = place.map(|(host, port)| (host, port.parse())) else {
        return Err(Failure::Usage(format!("--mqtt: `{address}`, expected mqtt://host:port")));
    };
    let mut options = MqttOptions::new(format!("amity-simulate-{}", std::process::id()), host, port);
    options.set_max_packet_size(Some(MESSAGE_BYTES_MAX));
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::work("could not start", error))?;
    runtime.block_on(async {
        let (client, mut events) = AsyncClient::new(options, 1);
        let mut sent = 0;
        for (name, files) in files {
            for file in in_disorder(files) {
                let bytes = std::fs::read(file);
                let bytes =
                    bytes.map_err(|error| Failure::work(format!("could not read {}", file.display()), error))?;
                let topic = format!("{name}/{}", file.file_name().unwrap_or_default().to_string_lossy());
                let published = client.publish(topic, QoS::AtLeastOnce, false, bytes).await;
                published.map_err(|error| Failure::work(format!("could not publish to {address}"), error))?;
                acknowledged(&mut events, address).await?;
                sent += 1;
            }
        }
        Ok(sent)
    })
}

/// Files with their neighbours changed and every third one twice.
fn in_disorder(files: &[PathBuf]) -> impl Iterator<Item = &PathBuf> {
    let swapped = files.chunks(2).flat_map(|pair| pair.iter().rev());
    swapped.enumerate().flat_map(|(place, file)| std::iter::repeat_n(file, if place % 3 == 2 { 2 } else { 1 }))
}

async fn acknowledged(events: &mut EventLoop, address: &str) -> Result<(), Failure> {
    loop {
        let event = tokio::time::timeout(PATIENCE, events.poll()).await;
        let event = event.map_err(|error| Failure::work(format!("{address} does not answer"), error))?;
        let event = event.map_err(|error| Failure::work(format!("could not publish to {address}"), error))?;
        if matches!(event, Event::Incoming(Packet::PubAck(_))) {
            return Ok(());
        }
    }
}

//! The generations of IEC 61968-9 and -100 in the field: namespaces and names as rows, not code.
//!
//! Elements are matched by local name; the namespace says the generation. Names of older
//! generations are read as the edition-2 names they became.

/// Years that namespaces of published editions and of drafts carry.
const YEARS: [&str; 9] = ["2008", "2009", "2010", "2011", "2012", "2013", "2015", "2017", "2024"];

const SOAP: [&str; 2] = ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"];

/// The namespace of the envelope that Amity writes (IEC 61968-100 edition 1).
pub const MESSAGE: &str = "http://iec.ch/TC57/2011/schema/message";

/// The namespace of the MeterReadings profile that Amity writes (edition 2).
pub const METER_READINGS: &str = "http://iec.ch/TC57/2011/MeterReadings#";

/// The namespace of the EndDeviceEvents profile that Amity writes (edition 2).
pub const END_DEVICE_EVENTS: &str = "http://iec.ch/TC57/2011/EndDeviceEvents#";

/// Whether a namespace belongs to a generation of the standard, an operation wrapper, or SOAP.
///
/// `http://iec.ch/TC57/<year>/...` with any path below, so that the sub-paths of sites are known;
/// with `www.` as some drafts have it.
pub fn is_known(namespace: &str) -> bool {
    if SOAP.contains(&namespace) {
        return true;
    }
    let Some((_, path)) = namespace.split_once("://") else {
        return false;
    };
    let path = path.strip_prefix("www.").unwrap_or(path);
    let Some(path) = path.strip_prefix("iec.ch/TC57/") else {
        return false;
    };
    path.split('/').next().is_some_and(|year| YEARS.contains(&year.trim_end_matches('#')))
}

/// Names of edition 1 (2009) and of the AMI-ENT requirements that used it, with their edition-2 names.
const FORMER_NAMES: [(&str, &str); 9] = [
    ("MeterAsset", "Meter"),
    ("EndDeviceAsset", "Meter"),
    ("EndDevice", "Meter"),
    ("ServiceDeliveryPoint", "UsagePoint"),
    ("MeterAssetReading", "MeterReading"),
    ("MeterSystemEvents", "EndDeviceEvents"),
    ("MeterSystemEvent", "EndDeviceEvent"),
    ("IntervalBlock", "IntervalBlocks"),
    ("IntervalReading", "IntervalReadings"),
];

/// The edition-2 name of an element.
pub fn current_name(local: &str) -> &str {
    FORMER_NAMES.iter().find(|(former, _)| *former == local).map_or(local, |(_, current)| current)
}

/// The verbs of edition 1 of IEC 61968-100, and those of the 2009 requirements.
const VERBS: [&str; 18] = [
    "cancel",
    "canceled",
    "change",
    "changed",
    "close",
    "closed",
    "create",
    "created",
    "delete",
    "deleted",
    "execute",
    "executed",
    "get",
    "reply",
    "show",
    "subscribe",
    "unsubscribe",
    "publish",
];

/// The verb as Amity writes it: lower case, `cancelled` as `canceled`; `None` for no verb at all.
pub fn verb(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let verb = if lower == "cancelled" { "canceled".to_owned() } else { lower };
    VERBS.contains(&verb.as_str()).then_some(verb)
}

/// The nouns that Amity reads the payload of, by every name they had.
pub fn is_read(noun: &str) -> bool {
    matches!(
        noun,
        "MeterReadings"
            | "MeterReading"
            | "EndDeviceEvents"
            | "EndDeviceEvent"
            | "MeterSystemEvents"
            | "MeterSystemEvent"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_are_known_by_their_namespace() {
        for namespace in [
            "http://iec.ch/TC57/2011/MeterReadings#",
            "http://www.iec.ch/TC57/2011/schema/message",
            "http://www.iec.ch/TC57/2010/MeterReadingsMessage",
            "http://iec.ch/TC57/2017/EndDeviceEventsMessage",
            "http://iec.ch/TC57/2011/site15/MeterReadings#",
            "http://iec.ch/TC57/2011/abstract",
            "http://schemas.xmlsoap.org/soap/envelope/",
        ] {
            assert!(is_known(namespace), "{namespace}");
        }
        for namespace in ["", "urn:vendor", "http://iec.ch/TC57/CIM#", "http://example.com/TC57/2011/MeterReadings#"] {
            assert!(!is_known(namespace), "{namespace}");
        }
    }

    #[test]
    fn verbs_are_read_in_any_case() {
        assert_eq!(verb("CREATED").as_deref(), Some("created"));
        assert_eq!(verb("Cancelled").as_deref(), Some("canceled"));
        assert_eq!(verb("upsert"), None);
    }
}

//! Which element means what, by where it stands: the profiles of IEC 61968-9 as a table.
//!
//! Order of children is free on input. What is not in the table is skipped with all it holds.

/// Where in a message the parser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Document,
    /// SOAP Envelope and Body.
    Soap,
    /// One of the five roots of IEC 61968-100, or the operation element around its parts.
    Message,
    Header,
    Reply,
    ReplyError,
    /// Payload, OperationSet, Operation.
    Payload,
    /// Gzip in base64 of a profile element.
    Compressed,
    MeterReadings,
    MeterReading,
    IntervalBlock,
    IntervalReading,
    Reading,
    ReadingQuality,
    QualityType,
    Period,
    Calculation,
    /// A reference, or the 18 parts.
    ReadingType,
    TypeName,
    Meter,
    UsagePoint,
    OwnerName,
    NameType,
    Authority,
    EndDeviceEvents,
    EndDeviceEvent,
    EventDetail,
    EventStatus,
    /// By its `ref` or its mRID.
    EventType,
    Leaf(Field),
    Skipped,
}

/// What the text of an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Verb,
    Noun,
    Timestamp,
    Source,
    MessageId,
    ErrorCode,
    ErrorReason,
    ErrorId,
    Mrid,
    Name,
    NameKind,
    NameAuthority,
    Stamp,
    Value,
    Reported,
    QualityRef,
    QualityComment,
    QualitySource,
    PeriodStart,
    PeriodEnd,
    MultiplyBeforeAdd,
    Offset,
    ScalarNumerator,
    ScalarDenominator,
    ScalarFloat,
    TypeMrid,
    TypeName,
    /// One of the 18 parts, by its number.
    TypePart(usize),
    EventMrid,
    EventType,
    Created,
    Issuer,
    IssuerTracking,
    Reason,
    Severity,
    DetailName,
    DetailValue,
    Status,
}

impl Field {
    /// The element's name in the standard, for findings.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Verb => "Verb",
            Self::Noun => "Noun",
            Self::Timestamp => "Timestamp",
            Self::Source => "Source",
            Self::MessageId => "MessageID",
            Self::ErrorCode => "code",
            Self::ErrorReason => "reason",
            Self::ErrorId => "ID",
            Self::Mrid | Self::TypeMrid | Self::EventMrid => "mRID",
            Self::Name | Self::TypeName | Self::DetailName => "name",
            Self::NameKind => "NameType",
            Self::NameAuthority => "NameTypeAuthority",
            Self::Stamp => "timeStamp",
            Self::Value | Self::DetailValue => "value",
            Self::Reported => "reportedDateTime",
            Self::QualityRef => "ReadingQualityType",
            Self::QualityComment => "comment",
            Self::QualitySource => "source",
            Self::PeriodStart => "timePeriod/start",
            Self::PeriodEnd => "timePeriod/end",
            Self::MultiplyBeforeAdd => "multiplyBeforeAdd",
            Self::Offset => "offset",
            Self::ScalarNumerator => "scalarNumerator",
            Self::ScalarDenominator => "scalarDenominator",
            Self::ScalarFloat => "scalarFloat",
            Self::TypePart(part) => model::reading_type::FIELDS[part],
            Self::EventType => "EndDeviceEventType",
            Self::Created => "createdDateTime",
            Self::Issuer => "issuerID",
            Self::IssuerTracking => "issuerTrackingID",
            Self::Reason => "reason",
            Self::Severity => "severity",
            Self::Status => "status",
        }
    }
}

/// What an element is, from its parent and its name of any edition.
pub(super) fn child(parent: Place, local: &str) -> Place {
    match current_child(parent, local) {
        Place::Skipped => match super::profile::current_name(local) {
            current if current != local => current_child(parent, current),
            _ => Place::Skipped,
        },
        place => place,
    }
}

fn current_child(parent: Place, local: &str) -> Place {
    let leaf = Place::Leaf;
    match parent {
        Place::Document => root(local),
        Place::Soap => match local {
            "Body" => Place::Soap,
            "Header" => Place::Skipped,
            _ => root(local),
        },
        Place::Message => match local {
            "Header" => Place::Header,
            "Reply" => Place::Reply,
            "Payload" => Place::Payload,
            "message" | "Message" | "RequestMessage" | "ResponseMessage" | "EventMessage" | "FaultMessage" => {
                Place::Message
            }
            _ => payload(local),
        },
        Place::Header => match local {
            "Verb" => leaf(Field::Verb),
            "Noun" => leaf(Field::Noun),
            "Timestamp" => leaf(Field::Timestamp),
            "Source" => leaf(Field::Source),
            "MessageID" => leaf(Field::MessageId),
            _ => Place::Skipped,
        },
        Place::Reply if local == "Error" => Place::ReplyError,
        Place::ReplyError => match local {
            "code" => leaf(Field::ErrorCode),
            "reason" => leaf(Field::ErrorReason),
            "ID" => leaf(Field::ErrorId),
            _ => Place::Skipped,
        },
        Place::Payload | Place::Compressed => match local {
            "OperationSet" | "Operation" => Place::Payload,
            "Compressed" if parent == Place::Payload => Place::Compressed,
            _ => payload(local),
        },
        Place::EndDeviceEvents | Place::EndDeviceEvent | Place::EventDetail | Place::EventStatus | Place::EventType => {
            event_child(parent, local)
        }
        _ => reading_child(parent, local),
    }
}

fn root(local: &str) -> Place {
    match local {
        "Envelope" => Place::Soap,
        "MeterReadings" | "EndDeviceEvents" | "MeterSystemEvents" => payload(local),
        // Operation wrappers are called after verb and noun; what is inside decides.
        _ => Place::Message,
    }
}

fn payload(local: &str) -> Place {
    match local {
        "MeterReadings" => Place::MeterReadings,
        "EndDeviceEvents" | "MeterSystemEvents" => Place::EndDeviceEvents,
        _ => Place::Skipped,
    }
}

fn reading_child(parent: Place, local: &str) -> Place {
    let leaf = Place::Leaf;
    match parent {
        Place::IntervalReading | Place::Reading => match local {
            "timeStamp" => leaf(Field::Stamp),
            "value" => leaf(Field::Value),
            "reportedDateTime" => leaf(Field::Reported),
            "ReadingQualities" => Place::ReadingQuality,
            "timePeriod" => Place::Period,
            "ReadingType" if parent == Place::Reading => Place::ReadingType,
            _ => Place::Skipped,
        },
        Place::IntervalBlock => match local {
            "IntervalReadings" => Place::IntervalReading,
            "PendingCalculation" => Place::Calculation,
            "ReadingType" => Place::ReadingType,
            _ => Place::Skipped,
        },
        Place::ReadingQuality => match local {
            "ReadingQualityType" => Place::QualityType,
            "comment" => leaf(Field::QualityComment),
            "source" => leaf(Field::QualitySource),
            _ => Place::Skipped,
        },
        Place::QualityType if local == "mRID" => leaf(Field::QualityRef),
        Place::Period => match local {
            "start" => leaf(Field::PeriodStart),
            "end" => leaf(Field::PeriodEnd),
            _ => Place::Skipped,
        },
        Place::MeterReadings => match local {
            "MeterReading" => Place::MeterReading,
            "ReadingType" => Place::ReadingType,
            _ => Place::Skipped,
        },
        Place::MeterReading => match local {
            "IntervalBlocks" => Place::IntervalBlock,
            "Readings" => Place::Reading,
            "Meter" => Place::Meter,
            "UsagePoint" => Place::UsagePoint,
            "EndDeviceEvents" => Place::EndDeviceEvent,
            _ => Place::Skipped,
        },
        Place::Calculation => match local {
            "multiplyBeforeAdd" => leaf(Field::MultiplyBeforeAdd),
            "offset" => leaf(Field::Offset),
            "scalarNumerator" => leaf(Field::ScalarNumerator),
            "scalarDenominator" => leaf(Field::ScalarDenominator),
            "scalarFloat" => leaf(Field::ScalarFloat),
            "ReadingType" => Place::ReadingType,
            _ => Place::Skipped,
        },
        _ => name_child(parent, local),
    }
}

fn name_child(parent: Place, local: &str) -> Place {
    let leaf = Place::Leaf;
    match (parent, local) {
        (Place::ReadingType, "mRID") => leaf(Field::TypeMrid),
        (Place::ReadingType, "Names") => Place::TypeName,
        (Place::ReadingType, part) => {
            let number = model::reading_type::FIELDS.iter().position(|field| *field == part);
            number.map_or(Place::Skipped, |number| leaf(Field::TypePart(number)))
        }
        (Place::TypeName, "name") => leaf(Field::TypeName),
        (Place::Meter | Place::UsagePoint, "mRID") => leaf(Field::Mrid),
        (Place::Meter | Place::UsagePoint, "Names") => Place::OwnerName,
        (Place::OwnerName, "name") => leaf(Field::Name),
        (Place::OwnerName, "NameType") => Place::NameType,
        (Place::NameType, "name") => leaf(Field::NameKind),
        (Place::NameType, "NameTypeAuthority") => Place::Authority,
        (Place::Authority, "name") => leaf(Field::NameAuthority),
        _ => Place::Skipped,
    }
}

fn event_child(parent: Place, local: &str) -> Place {
    let leaf = Place::Leaf;
    match (parent, local) {
        (Place::EndDeviceEvents, "EndDeviceEvent") => Place::EndDeviceEvent,
        (Place::EndDeviceEvent, "mRID") => leaf(Field::EventMrid),
        (Place::EndDeviceEvent, "createdDateTime") => leaf(Field::Created),
        (Place::EndDeviceEvent, "issuerID") => leaf(Field::Issuer),
        (Place::EndDeviceEvent, "issuerTrackingID") => leaf(Field::IssuerTracking),
        (Place::EndDeviceEvent, "reason") => leaf(Field::Reason),
        (Place::EndDeviceEvent, "severity") => leaf(Field::Severity),
        (Place::EndDeviceEvent, "Assets" | "Meter") => Place::Meter,
        (Place::EndDeviceEvent, "UsagePoint") => Place::UsagePoint,
        (Place::EndDeviceEvent, "EndDeviceEventDetails") => Place::EventDetail,
        (Place::EndDeviceEvent, "EndDeviceEventType") => Place::EventType,
        (Place::EndDeviceEvent, "status") => Place::EventStatus,
        (Place::EventDetail, "name") => leaf(Field::DetailName),
        (Place::EventDetail, "value") => leaf(Field::DetailValue),
        (Place::EventStatus, "value") => leaf(Field::Status),
        (Place::EventType, "mRID") => leaf(Field::EventType),
        _ => Place::Skipped,
    }
}

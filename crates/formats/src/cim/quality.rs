//! ReadingQualities both ways, and how flags of other formats ride along without loss.
//!
//! A quality that came with codes is written as those codes. A flag of another format (`S14` of
//! NEM12, `17` of ESPI, `E` of CMEP) is written as the codes it maps to, and the first of them also
//! carries `<source>` with the name of the format and `<comment>` with `flag;reason;remark`
//! (`docs/formats/cim.md`). A reader that knows the form gets the same quality back; any other still
//! has the codes.

use std::collections::HashMap;

use model::quality::{Quality, QualityCode, cmep, espi, iec, nem12};
use smol_str::{SmolStr, format_smolstr};

use crate::pieces::Qualities;

/// Written where a flag maps to no code: externally specified, see the comment.
const SEE_COMMENT: QualityCode = QualityCode { system: 5, category: 4, index: 260 };

/// The format a flag belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum World {
    Nem12,
    Espi,
    Cmep,
    /// A format without codes of its own; the status goes by the IEC codes.
    Other,
}

impl World {
    const ALL: [Self; 4] = [Self::Nem12, Self::Espi, Self::Cmep, Self::Other];

    fn name(self) -> &'static str {
        match self {
            Self::Nem12 => "NEM12",
            Self::Espi => "ESPI",
            Self::Cmep => "CMEP",
            Self::Other => "Amity",
        }
    }

    /// What the flag means in this world; `None` when it is no flag of it.
    fn quality(self, flag: &str, reason: Option<u16>, remark: &str) -> Option<Quality> {
        let mut quality = match self {
            Self::Nem12 => return nem12::quality(flag, reason, remark).ok(),
            Self::Espi => {
                let codes = flag.split(' ').map(|code| code.parse().ok()).collect::<Option<Vec<u16>>>()?;
                espi::quality(&codes)
            }
            Self::Cmep => cmep::quality(flag).ok()?,
            Self::Other => Quality { flag: flag.into(), ..Quality::default() },
        };
        quality.reason = reason;
        quality.remark = remark.into();
        Some(quality)
    }
}

/// One ReadingQualities element as written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct QualityText<'a> {
    pub(super) code: &'a [u8],
    pub(super) comment: &'a [u8],
    pub(super) source: &'a [u8],
}

/// Reads qualities; remembers those already met, for a message repeats few of them often.
#[derive(Debug, Default)]
pub(super) struct QualityReader {
    known: HashMap<Box<[u8]>, u32>,
    key: Vec<u8>,
    pub(super) qualities: Qualities,
}

impl QualityReader {
    /// The number of the quality that all the elements of one reading state.
    pub(super) fn number(&mut self, texts: &[QualityText<'_>]) -> u32 {
        if texts.is_empty() {
            return Qualities::NONE;
        }
        self.key.clear();
        for text in texts {
            for part in [text.code, text.comment, text.source] {
                self.key.extend_from_slice(part);
                self.key.push(0);
            }
        }
        if let Some(number) = self.known.get(self.key.as_slice()) {
            return *number;
        }
        let number = self.qualities.number(quality_of(texts));
        // Comments may differ on every reading; what is remembered stays within a limit.
        if self.known.len() < 4096 {
            self.known.insert(self.key.as_slice().into(), number);
        }
        number
    }
}

fn quality_of(texts: &[QualityText<'_>]) -> Quality {
    let text = |bytes| String::from_utf8_lossy(bytes);
    let mut codes = Vec::new();
    let mut unknown = Vec::new();
    let mut carried = None;
    let mut remarks = Vec::new();
    for each in texts {
        match text(each.code).parse::<QualityCode>() {
            Ok(code) => codes.push(code),
            Err(_) => unknown.push(text(each.code).into_owned()),
        }
        let comment = text(each.comment);
        match carried_quality(&comment, &text(each.source)) {
            Some(quality) if carried.is_none() => carried = Some(quality),
            _ if !comment.trim().is_empty() => remarks.push(comment.trim().to_owned()),
            _ => {}
        }
    }
    if let Some((world, quality)) = carried {
        return restored(world, quality, &codes);
    }
    let mut quality = iec::quality(&codes);
    let words = std::iter::once(quality.flag.to_string()).chain(unknown).filter(|word| !word.is_empty());
    quality.flag = words.collect::<Vec<_>>().join(" ").into();
    quality.remark = remarks.join("; ").into();
    quality
}

/// The quality behind `flag;reason;remark`, when the source names a world that has it.
fn carried_quality(comment: &str, source: &str) -> Option<(World, Quality)> {
    let world = World::ALL.into_iter().find(|world| world.name() == source)?;
    let mut parts = comment.splitn(3, ';');
    let flag = parts.next()?;
    let reason = match parts.next() {
        None | Some("") => None,
        Some(number) => Some(number.parse().ok()?),
    };
    world.quality(flag, reason, parts.next().unwrap_or_default()).map(|quality| (world, quality))
}

/// Codes that the flag does not say by itself are kept beside it.
fn restored(world: World, mut quality: Quality, codes: &[QualityCode]) -> Quality {
    if world == World::Other {
        let received: Vec<QualityCode> = codes.iter().copied().filter(|code| *code != SEE_COMMENT).collect();
        quality.status = iec::quality(&received).status;
        return quality;
    }
    let own = written_codes(&quality);
    let more: Vec<QualityCode> = codes.iter().copied().filter(|code| !own.contains(code)).collect();
    quality.status |= iec::quality(&more).status;
    quality.codes = more;
    quality
}

fn written_codes(quality: &Quality) -> Vec<QualityCode> {
    let codes = iec::codes_of(quality);
    if codes.is_empty() { vec![SEE_COMMENT] } else { codes }
}

/// How a quality is written: codes, and the source and comment of the first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) codes: Vec<QualityCode>,
    pub(super) source: &'static str,
    pub(super) comment: SmolStr,
}

/// `None` where the quality says nothing at all.
pub(super) fn written(quality: &Quality) -> Option<Written> {
    if *quality == Quality::default() {
        return None;
    }
    let received = iec::quality(&quality.codes);
    if received.flag == quality.flag && quality.reason.is_none() {
        let codes = written_codes(quality);
        return Some(Written { codes, source: "", comment: quality.remark.clone() });
    }
    let carries = |world: &World| {
        let carried = world.quality(&quality.flag, quality.reason, &quality.remark);
        carried.is_some_and(|carried| restored(*world, carried, &written_codes(quality)) == *quality)
    };
    let world = World::ALL.into_iter().find(carries).unwrap_or(World::Other);
    let comment = match (quality.reason, quality.remark.as_str()) {
        (None, "") => quality.flag.clone(),
        (Some(reason), "") => format_smolstr!("{};{reason}", quality.flag),
        (None, remark) => format_smolstr!("{};;{remark}", quality.flag),
        (Some(reason), remark) => format_smolstr!("{};{reason};{remark}", quality.flag),
    };
    Some(Written { codes: written_codes(quality), source: world.name(), comment })
}

#[cfg(test)]
mod tests {
    use model::quality::Status;

    use super::*;

    #[test]
    fn flags_of_other_formats_come_back() {
        check(nem12::quality("S14", Some(76), "modem; twice").expect("a flag"), "NEM12", "S14;76;modem; twice");
        check(nem12::quality("A", None, "").expect("a flag"), "NEM12", "A");
        check(nem12::quality("N", Some(85), "").expect("a flag"), "NEM12", "N;85");
        check(nem12::quality("F16", None, "note").expect("a flag"), "NEM12", "F16;;note");
        check(espi::quality(&[8, 7]), "ESPI", "8 7");
        check(cmep::quality("R64").expect("a flag"), "CMEP", "R64");
        check(Quality { flag: "x".into(), ..Quality::default() }, "Amity", "x");
    }

    #[test]
    fn codes_are_written_as_they_came() {
        let codes = ["1.4.9", "3.8.1002"].map(|code| code.parse().expect("a code"));
        check(iec::quality(&codes), "", "");
        check(Quality { remark: "by hand".into(), ..iec::quality(&codes) }, "", "by hand");
        assert_eq!(written(&Quality::default()), None);
    }

    #[test]
    fn codes_beside_a_flag_are_kept() {
        let failed = "3.6.1".parse().expect("a code");
        let mut quality = nem12::quality("A", None, "").expect("a flag");
        quality.codes = vec![failed];
        quality.status |= iec::quality(&[failed]).status;
        check(quality, "NEM12", "A");
    }

    #[test]
    fn a_meaning_alone_is_written_as_codes() {
        let written = written(&Quality::of(Status::FAILED)).expect("codes");
        assert_eq!(written.codes, ["3.6.0", "3.5.258"].map(|code| code.parse().expect("a code")));
    }

    #[track_caller]
    fn check(quality: Quality, source: &str, comment: &str) {
        let written = written(&quality).expect("something to write");
        assert_eq!((written.source, written.comment.as_str()), (source, comment), "{quality:?}");
        let codes: Vec<String> = written.codes.iter().map(QualityCode::to_string).collect();
        let texts: Vec<QualityText<'_>> = codes
            .iter()
            .enumerate()
            .map(|(at, code)| QualityText {
                code: code.as_bytes(),
                comment: if at == 0 { comment.as_bytes() } else { b"" },
                source: if at == 0 { source.as_bytes() } else { b"" },
            })
            .collect();
        assert_eq!(quality_of(&texts), quality);
    }
}

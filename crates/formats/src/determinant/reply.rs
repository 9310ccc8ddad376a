//! What an answer says of the message it answers (IEC 61968-100, ReplyType).

use smol_str::SmolStr;

use crate::xml::write::{close_tag, open_tag, optional, push, text_element};

/// How a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyResult {
    /// All of it was done.
    Ok,
    /// Some of it was done.
    Partial,
    /// Nothing of it was done.
    Failed,
}

/// A code with what it is about. Codes that begin with `0.` are kinds of success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyError {
    /// The code of the standard.
    pub code: SmolStr,
    /// What was found, what was expected and what to do; empty where the code says all.
    pub reason: String,
    /// The place in the message that is answered; empty where there is none.
    pub path: String,
    /// The id of the request it is about; empty for the message as a whole.
    pub id: String,
}

/// The reply part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// How the message went.
    pub result: ReplyResult,
    /// The codes, the most important first.
    pub errors: Vec<ReplyError>,
}

impl ReplyResult {
    /// The word of the standard.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Partial => "PARTIAL",
            Self::Failed => "FAILED",
        }
    }
}

impl ReplyError {
    /// A code that says all.
    pub fn code(code: &'static str) -> Self {
        Self { code: SmolStr::new_static(code), reason: String::new(), path: String::new(), id: String::new() }
    }

    /// How much is at stake.
    fn level(&self) -> &'static str {
        if self.code.starts_with("0.") { "INFORM" } else { "FATAL" }
    }
}

/// Writes a reply, elements in the order of the standard.
pub(crate) fn write(reply: &Reply, out: &mut Vec<u8>) {
    open_tag("Reply", out);
    text_element("Result", reply.result.as_str(), out);
    for error in &reply.errors {
        push(out, "<Error>");
        text_element("code", &error.code, out);
        text_element("level", error.level(), out);
        optional("reason", &error.reason, out);
        optional("xpath", &error.path, out);
        optional("ID", &error.id, out);
        push(out, "</Error>");
    }
    close_tag("Reply", out);
}

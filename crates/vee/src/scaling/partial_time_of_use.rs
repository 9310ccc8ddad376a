//! Partial time of use: by the registers of the buckets where there are any, then by the others (catalogue 3.4, IEE).

/// The spans of buckets and of every register in the order they are met, those alone first that lie wholly among `several_days`
/// scaled together: what counted beyond them is met by each day alone and must not come before what is met together.
pub(crate) fn in_order<S>(buckets: Vec<S>, every: Vec<S>, several_days: bool, is_whole: impl Fn(&S) -> bool) -> Vec<S> {
    let mut spans: Vec<S> = buckets.into_iter().chain(every).collect();
    if several_days {
        spans.sort_by_key(|span| !is_whole(span));
    }
    spans
}

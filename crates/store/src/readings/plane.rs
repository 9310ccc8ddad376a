//! The cells of all rows of one shape, allocated some rows at a time so that growing moves nothing.

use super::record::Shape;

/// Rows are allocated this many at a time.
const CHUNK_ROWS: usize = 64;

/// All rows of one shape.
#[derive(Debug)]
pub(super) struct Plane {
    pub(super) shape: Shape,
    rows: usize,
    chunks: Vec<Chunk>,
}

#[derive(Debug)]
struct Chunk {
    values: Box<[i32]>,
    /// Stamp number + 1; `0` where nothing arrived.
    stamps: Box<[u32]>,
}

impl Plane {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, rows: 0, chunks: Vec::new() }
    }

    /// Adds an empty row; tells its place and the bytes that were allocated.
    pub(super) fn add_row(&mut self) -> (u32, u64) {
        let place = self.rows;
        self.rows += 1;
        if !place.is_multiple_of(CHUNK_ROWS) {
            return (place as u32, 0);
        }
        let cells = CHUNK_ROWS * usize::from(self.shape.slots);
        self.chunks.push(Chunk { values: vec![0; cells].into(), stamps: vec![0; cells].into() });
        (place as u32, cells as u64 * 8)
    }

    /// Values and stamps of a row, one for each slot.
    pub(super) fn cells(&self, place: u32) -> (&[i32], &[u32]) {
        let (chunk, range) = self.range(place);
        let chunk = &self.chunks[chunk];
        (&chunk.values[range.clone()], &chunk.stamps[range])
    }

    /// Values and stamps of a row, to be changed.
    pub(super) fn cells_mut(&mut self, place: u32) -> (&mut [i32], &mut [u32]) {
        let (chunk, range) = self.range(place);
        let chunk = &mut self.chunks[chunk];
        (&mut chunk.values[range.clone()], &mut chunk.stamps[range])
    }

    fn range(&self, place: u32) -> (usize, std::ops::Range<usize>) {
        let slots = usize::from(self.shape.slots);
        let within = place as usize % CHUNK_ROWS * slots;
        (place as usize / CHUNK_ROWS, within..within + slots)
    }
}

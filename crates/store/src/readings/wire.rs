//! How integers lie on the disk: little-endian, LEB128 varints, zigzag for signed ones.
//!
//! Reading is checked: bytes come from a disk that may lie, so every reader answers [`Malformed`]
//! instead of going past the end.

/// Bytes that no writer of ours made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Appends numbers to a buffer.
pub(super) trait Put {
    fn put_varint(&mut self, value: u64);
    fn put_wide_varint(&mut self, value: u128);
    fn put_bytes(&mut self, bytes: &[u8]);

    /// Signed numbers near zero are short.
    fn put_signed(&mut self, value: i64) {
        self.put_varint(zigzag(value));
    }

    /// A signed number or its absence; absence takes one byte.
    fn put_optional(&mut self, value: Option<i64>) {
        self.put_wide_varint(value.map_or(0, |value| u128::from(zigzag(value)) + 1));
    }
}

impl Put for Vec<u8> {
    fn put_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.push(value as u8);
    }

    fn put_wide_varint(&mut self, mut value: u128) {
        while value >= 0x80 {
            self.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.push(value as u8);
    }

    fn put_bytes(&mut self, bytes: &[u8]) {
        self.put_varint(bytes.len() as u64);
        self.extend_from_slice(bytes);
    }
}

/// Reads numbers from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        let (&byte, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(byte)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (array, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*array)
    }

    #[inline]
    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn key(&mut self) -> Result<[u8; 32], Malformed> {
        self.array()
    }

    #[inline(always)]
    pub(super) fn varint(&mut self) -> Result<u64, Malformed> {
        match *self.rest {
            [byte, ref rest @ ..] if byte < 0x80 => {
                self.rest = rest;
                Ok(byte.into())
            }
            [low, high, ref rest @ ..] if high < 0x80 => {
                self.rest = rest;
                Ok(u64::from(low & 0x7f) | u64::from(high) << 7)
            }
            _ => self.long_varint(),
        }
    }

    /// Passes over some numbers of any width without saying what they are.
    #[inline(always)]
    pub(super) fn skip_varints(&mut self, count: u32) -> Result<(), Malformed> {
        if let Some(bytes) = self.rest.first_chunk() {
            let mut ends = !u128::from_le_bytes(*bytes) & u128::from_le_bytes([0x80; 16]);
            for _ in 1..count {
                ends &= ends.wrapping_sub(1);
            }
            if ends != 0 {
                return self.take(ends.trailing_zeros() as usize / 8 + 1).map(|_| ());
            }
        }
        for _ in 0..count {
            while 0x80 <= self.byte()? {}
        }
        Ok(())
    }

    fn long_varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return Err(Malformed);
            }
            value |= part << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    pub(super) fn wide_varint(&mut self) -> Result<u128, Malformed> {
        let mut value = 0_u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            let part = u128::from(byte & 0x7f);
            if shift == 126 && part > 3 {
                return Err(Malformed);
            }
            value |= part << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    /// A varint of a narrower type.
    #[inline]
    pub(super) fn number<T: TryFrom<u64>>(&mut self) -> Result<T, Malformed> {
        T::try_from(self.varint()?).map_err(|_| Malformed)
    }

    #[inline(always)]
    pub(super) fn signed(&mut self) -> Result<i64, Malformed> {
        self.varint().map(unzigzag)
    }

    pub(super) fn optional(&mut self) -> Result<Option<i64>, Malformed> {
        match self.wide_varint()?.checked_sub(1) {
            None => Ok(None),
            Some(value) => Ok(Some(unzigzag(u64::try_from(value).map_err(|_| Malformed)?))),
        }
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.number()?;
        self.take(len)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }
}

/// Maps 0, -1, 1, -2 ... to 0, 1, 2, 3 ...
#[inline]
pub(super) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The reverse of [`zigzag`].
#[inline]
pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// [`zigzag`] for sums that may be wider than 64 bits.
pub(super) fn zigzag_wide(value: i128) -> u128 {
    ((value << 1) ^ (value >> 127)) as u128
}

/// The reverse of [`zigzag_wide`].
pub(super) fn unzigzag_wide(value: u128) -> i128 {
    (value >> 1) as i128 ^ -((value & 1) as i128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_the_disk() {
        let numbers = [0, 1, -1, 63, 64, -65, 300, i64::MAX, i64::MIN, i64::MIN + 1];
        for number in numbers {
            let mut bytes = Vec::new();
            bytes.put_signed(number);
            bytes.put_optional(Some(number));
            bytes.put_optional(None);
            bytes.put_wide_varint(zigzag_wide(i128::from(number) * 1000));
            let mut input = Input::new(&bytes);
            assert_eq!(input.signed(), Ok(number));
            assert_eq!(input.optional(), Ok(Some(number)));
            assert_eq!(input.optional(), Ok(None));
            assert_eq!(input.wide_varint().map(unzigzag_wide), Ok(i128::from(number) * 1000));
            assert!(input.is_empty());
        }
    }

    #[test]
    fn bytes_of_no_writer_are_refused() {
        assert_eq!(Input::new(&[]).varint(), Err(Malformed));
        assert_eq!(Input::new(&[0x80]).varint(), Err(Malformed));
        assert_eq!(Input::new(&[0xff; 10]).varint(), Err(Malformed));
        assert_eq!(Input::new(&[0xff; 19]).wide_varint(), Err(Malformed));
        assert_eq!(Input::new(&[5, 1, 2]).bytes(), Err(Malformed));
        assert_eq!(Input::new(&[2, 0xff, 0xfe]).text(), Err(Malformed));
        assert_eq!(Input::new(&[0x80, 0x02]).number::<u8>(), Err(Malformed));
    }
}

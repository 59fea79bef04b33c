//! Fixed-size little-endian bytes for what agents are and publish: the form in which state is snapshotted,
//! digested and sent to other partitions.

/// A value with a fixed number of bytes, the same on every machine.
pub trait Pack: Copy {
    /// How many bytes [`Pack::pack`] writes.
    const BYTES: usize;

    /// Writes the value into `out`, which is [`Pack::BYTES`] long.
    fn pack(&self, out: &mut [u8]);

    /// Reads a value from `bytes`, which is [`Pack::BYTES`] long. Must accept any bytes.
    fn unpack(bytes: &[u8]) -> Self;
}

macro_rules! pack_number {
    ($($number:ty),*) => {$(
        impl Pack for $number {
            const BYTES: usize = size_of::<$number>();

            #[inline]
            fn pack(&self, out: &mut [u8]) {
                out.copy_from_slice(&self.to_le_bytes());
            }

            #[inline]
            fn unpack(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<$number>()];
                own.copy_from_slice(bytes);
                Self::from_le_bytes(own)
            }
        }
    )*};
}

pack_number!(u8, i8, u16, i16, u32, i32, u64, i64, f32, f64);

impl Pack for bool {
    const BYTES: usize = 1;

    #[inline]
    fn pack(&self, out: &mut [u8]) {
        out[0] = u8::from(*self);
    }

    #[inline]
    fn unpack(bytes: &[u8]) -> Self {
        bytes[0] != 0
    }
}

impl Pack for () {
    const BYTES: usize = 0;

    fn pack(&self, _out: &mut [u8]) {}

    fn unpack(_bytes: &[u8]) -> Self {}
}

impl<A: Pack, B: Pack> Pack for (A, B) {
    const BYTES: usize = A::BYTES + B::BYTES;

    #[inline]
    fn pack(&self, out: &mut [u8]) {
        self.0.pack(&mut out[..A::BYTES]);
        self.1.pack(&mut out[A::BYTES..]);
    }

    #[inline]
    fn unpack(bytes: &[u8]) -> Self {
        (A::unpack(&bytes[..A::BYTES]), B::unpack(&bytes[A::BYTES..]))
    }
}

impl<A: Pack, B: Pack, C: Pack> Pack for (A, B, C) {
    const BYTES: usize = A::BYTES + B::BYTES + C::BYTES;

    #[inline]
    fn pack(&self, out: &mut [u8]) {
        (self.0, (self.1, self.2)).pack(out);
    }

    #[inline]
    fn unpack(bytes: &[u8]) -> Self {
        let (a, (b, c)) = <(A, (B, C))>::unpack(bytes);
        (a, b, c)
    }
}

/// Appends the bytes of `values` to `out`.
pub(crate) fn pack_all<T: Pack>(values: impl ExactSizeIterator<Item = T>, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + values.len() * T::BYTES, 0);
    pack_to(values, &mut out[start..]);
}

/// Writes the bytes of `values` to `out`, which has room for exactly these.
pub(crate) fn pack_to<T: Pack>(values: impl Iterator<Item = T>, out: &mut [u8]) {
    if T::BYTES == 0 {
        return;
    }
    for (chunk, value) in out.chunks_exact_mut(T::BYTES).zip(values) {
        value.pack(chunk);
    }
}

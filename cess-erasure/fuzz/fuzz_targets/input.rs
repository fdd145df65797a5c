//! What the targets have in common: a codeword and indexes, drawn from the fuzzer's bytes.

use cess_erasure::{Codec, Engine, Geometry, Lrc};

pub struct Input<'a>(pub &'a [u8]);

impl Input<'_> {
    pub fn byte(&mut self) -> usize {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                usize::from(*first)
            }
            None => 0,
        }
    }

    /// A codec of any code and engine that there is.
    pub fn codec(&mut self) -> Codec {
        let (data, parity) = (1 + self.byte() as u16 % 24, 1 + self.byte() as u16 % 24);
        let geometry = match self.byte() % 3 {
            0 => Lrc::new(data, parity, 2).map(Geometry::from),
            _ => Geometry::rs8(data, parity),
        };
        let geometry = geometry.unwrap_or(Geometry::CESS);
        assert_eq!(Geometry::from_bytes(&geometry.to_bytes()), Ok(geometry));
        let engine = Engine::ALL[self.byte() % Engine::ALL.len()];
        Codec::with_engine(geometry, engine).unwrap_or_else(|_| Codec::new(geometry))
    }

    /// All shards of a codeword of shards of `len` bytes.
    pub fn codeword(&mut self, codec: &Codec, len: usize) -> Vec<Vec<u8>> {
        let mut shards = vec![vec![0; len]; codec.geometry().total()];
        let mut state = self.byte() as u32 + 1;
        let (data, parity) = shards.split_at_mut(codec.geometry().data());
        for byte in data.iter_mut().flatten() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = state.to_be_bytes()[0];
        }
        codec.encode(data, parity).unwrap();
        codec.verify(&shards).unwrap();
        shards
    }
}

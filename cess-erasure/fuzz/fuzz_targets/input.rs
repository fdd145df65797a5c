//! What the targets have in common: a codeword and indexes, drawn from the fuzzer's bytes.

use cess_erasure::{Codec, Engine, Geometry, Lrc};

pub struct Input<'a>(pub &'a [u8]);

#[allow(dead_code, reason = "each target takes what it needs")]
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

    /// A codec of the code for many shards; now and then there are many.
    pub fn leopard16(&mut self) -> Codec {
        let scale = [1, 1, 1, 9][self.byte() % 4];
        let mut count = || (1 + self.byte() % 40) as u16 * scale;
        let geometry = Geometry::leopard16(count(), count()).unwrap();
        assert_eq!(Geometry::from_bytes(&geometry.to_bytes()), Ok(geometry));
        Codec::new(geometry)
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

    /// Any of these shards, cut or not, under any indexes: what is rebuilt is right, or refused and
    /// the buffers untouched.
    pub fn rebuild(&mut self, codec: &Codec, shards: &[Vec<u8>]) {
        let (total, len) = (shards.len(), shards[0].len());
        // Indexes may repeat, be out of range, or be wanted and present; shards may be cut.
        let mut present: Vec<(usize, &[u8])> = Vec::new();
        for _ in 0..self.byte() % (total + 2) {
            let index = match self.byte() {
                255 => total + self.byte(),
                at => at % total,
            };
            let shard = shards.get(index).map_or(&[][..], Vec::as_slice);
            let cut = if self.byte() == 7 { self.byte() % (len + 1) } else { len };
            present.push((index, &shard[..cut.min(shard.len())]));
        }
        let wanted: Vec<usize> =
            (0..self.byte() % (total + 2)).map(|_| self.byte() % (total + 1)).collect();
        let mut buffers = vec![vec![0xA5; len]; wanted.len()];
        if let (7, Some(buffer)) = (self.byte(), buffers.last_mut()) {
            buffer.truncate(self.byte());
        }
        let before = buffers.clone();
        let mut missing: Vec<(usize, &mut [u8])> =
            wanted.iter().copied().zip(buffers.iter_mut().map(Vec::as_mut_slice)).collect();
        let there: Vec<usize> = present.iter().map(|(index, _)| *index).collect();
        let sources = codec.sources(&there, &wanted);
        match codec.reconstruct(&present, &mut missing) {
            Ok(()) => {
                // Shards that are all cut alike are shards too, but of a code that works on blocks
                // only whole blocks of them.
                let block = if codec.geometry().code().number() == 2 { 64 } else { 1 };
                for (index, buffer) in wanted.iter().zip(&buffers) {
                    let whole = buffer.len() == len || buffer.len() % block == 0;
                    assert!(!whole || *buffer == shards[*index][..buffer.len()]);
                }
                let sources = sources.unwrap();
                assert!(sources.iter().all(|source| there.contains(source)));
            }
            Err(_) => assert!(buffers == before),
        }
        let mut data = vec![vec![0xA5; len]; codec.geometry().data()];
        match codec.decode(&present, &mut data) {
            Ok(()) => assert!(data == shards[..data.len()]),
            Err(_) => assert!(data.iter().flatten().all(|byte| *byte == 0xA5)),
        }
    }
}

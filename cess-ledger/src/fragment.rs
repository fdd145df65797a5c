//! Fragments as the ledger knows them.

use borsh::{BorshDeserialize, BorshSerialize, io};
use cess_podr2::{Challenge, Fragment, KeyId, Sectors};

use crate::{AccountId, FileId, OrderId};

/// Which fragment, of which file, tagged how: copied from the manifest, never from a claim.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FragmentInfo {
    /// The file.
    pub file: FileId,
    /// Its index in the file, [`crate::Slot::index`].
    pub index: u32,
    /// What its tags speak of: key, content root, length, replica.
    #[borsh(serialize_with = "write_fragment", deserialize_with = "read_fragment")]
    pub fragment: Fragment,
}

impl FragmentInfo {
    /// The fragment's name.
    pub fn name(&self) -> [u8; 32] {
        self.fragment.name().to_bytes()
    }

    /// Its length, bytes.
    pub fn fragment_len(&self) -> u64 {
        self.fragment.len()
    }

    /// The id of its tag key.
    pub fn tag_key(&self) -> [u8; 32] {
        self.fragment.key_id().to_bytes()
    }
}

/// `key id 32 ‖ sectors u32 ‖ root 32 ‖ length u64 ‖ replica u32`
pub(crate) fn write_fragment<W: io::Write>(fragment: &Fragment, writer: &mut W) -> io::Result<()> {
    let key = fragment.key_id().to_bytes();
    let fields =
        (key, fragment.sectors().get(), fragment.root(), fragment.len(), fragment.replica());
    fields.serialize(writer)
}

pub(crate) fn read_fragment<R: io::Read>(reader: &mut R) -> io::Result<Fragment> {
    type Fields = ([u8; 32], u32, [u8; 32], u64, u32);
    let invalid = |_| io::Error::new(io::ErrorKind::InvalidData, "fragment");
    let (key, sectors, root, len, replica) = Fields::deserialize_reader(reader)?;
    let sectors = Sectors::new(sectors).map_err(invalid)?;
    Fragment::from_parts(KeyId::from_bytes(key), sectors, root, len, replica).map_err(invalid)
}

pub(crate) fn write_challenge<W: io::Write>(
    challenge: &Challenge,
    writer: &mut W,
) -> io::Result<()> {
    writer.write_all(&challenge.to_bytes())
}

pub(crate) fn read_challenge<R: io::Read>(reader: &mut R) -> io::Result<Challenge> {
    let bytes = <[u8; Challenge::LEN]>::deserialize_reader(reader)?;
    Challenge::from_bytes(&bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "challenge"))
}

/// Where a fragment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum FragmentStatus {
    /// Assigned, not reported yet.
    Awaiting,
    /// Reported and audited.
    Held,
    /// Not proven; a repair order is open.
    Lost,
}

/// A live fragment.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FragmentRecord {
    /// What it is.
    pub info: FragmentInfo,
    /// Who is responsible, or was when it was lost.
    pub miner: AccountId,
    /// Where it stands.
    pub status: FragmentStatus,
    /// Whether its last audit, or its repair, proved it.
    pub proven: bool,
    /// Up to when its fee is settled, milliseconds.
    pub settled_at: u64,
    /// Height at which its miner reported or repaired it; 0 until then.
    pub since: u64,
    /// The repair order that is open for it.
    pub order: Option<OrderId>,
}

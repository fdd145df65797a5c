//! Tag keys: an owner's own, or a registered tagger's with a stake.

use alloc::vec::Vec;

use crate::{AccountId, Amount, Error, Event, PublicKey, State, TagKey, call::TAG_FORMAT};

impl State {
    pub(crate) fn register_tag_key(
        &mut self,
        holder: PublicKey,
        format: u16,
        key: &[u8],
        proving_key_hash: [u8; 32],
        stake: Amount,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let expected = self.params.collateral.tagger_stake;
        if stake != 0 && stake != expected {
            return Err(Error::BadStake { expected, got: stake });
        }
        if format != TAG_FORMAT {
            return Err(Error::BadTagKey);
        }
        let parsed = cess_podr2::PublicKey::from_bytes(key).map_err(|_| Error::BadTagKey)?;
        let id = parsed.key_id().to_bytes();
        if self.tag_keys.contains_key(&id) {
            return Err(Error::TagKeyExists);
        }
        let fee = self.params.collateral.tag_key_fee;
        self.debit(&holder.account(), stake.checked_add(fee).ok_or(Error::Overflow)?)?;
        self.treasury += fee;
        let record = TagKey {
            holder,
            key: key.to_vec(),
            proving_key_hash,
            stake,
            fragments: 0,
            retired: false,
        };
        self.tag_keys.insert(id, record);
        let holder = holder.account();
        events.push(Event::TagKeyRegistered { key: id, holder, staked: stake > 0 });
        Ok(())
    }

    pub(crate) fn retire_tag_key(
        &mut self,
        by: AccountId,
        id: &[u8; 32],
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let key = self.tag_keys.get_mut(id).filter(|k| !k.retired).ok_or(Error::NoSuchTagKey)?;
        let holder = key.holder.account();
        if holder != by {
            return Err(Error::NotOwner { owner: holder });
        }
        if key.fragments > 0 {
            return Err(Error::TagKeyInUse { fragments: key.fragments });
        }
        key.retired = true;
        let stake = core::mem::take(&mut key.stake);
        self.credit(&by, stake);
        events.push(Event::TagKeyRetired { key: *id });
        Ok(())
    }
}

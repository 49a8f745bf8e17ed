//! The part of the queue that the delivery worker holds in memory, read in index order and handed out number by
//! number. It never holds more than [`FULL`] messages. Only the worker uses it; it writes nothing.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::domain::id::{MessageId, NumberId};
use crate::store::messages::{DueMessage, QueuePart, QueuePlace};

/// Messages of one part that are read at once.
pub(super) const READ: i64 = 256;
/// With fewer messages of a part in memory, more are read.
const LOW: usize = 256;
/// Messages of one part held at most.
const FULL: usize = LOW + READ as usize;
/// Messages of one number that are held at most: a number with a long queue must not crowd out the others.
const OF_ONE_NUMBER: usize = 32;
/// Messages a number is served before the others have their turn.
const TURN: usize = 8;

/// Both parts of the queue, and what is in hand of either.
#[derive(Default)]
pub(super) struct Backlog {
    pub(super) replies: BacklogPart,
    pub(super) texts: BacklogPart,
    /// Held here or being served. A walk that begins again must not take them twice.
    in_hand: HashSet<MessageId>,
    /// Being served.
    busy: HashSet<NumberId>,
}

/// One part of the queue: how far it was read, and what is held of it.
#[derive(Default)]
pub(super) struct BacklogPart {
    read_to: Option<QueuePlace>,
    /// Everything up to now was read.
    is_at_end: bool,
    /// Something was passed by because its number holds enough.
    has_passed: bool,
    turns: VecDeque<NumberId>,
    by_number: HashMap<NumberId, VecDeque<MessageId>>,
    held: usize,
}

/// A number's turn.
pub(super) struct NumberTurn {
    pub(super) number: NumberId,
    pub(super) part: QueuePart,
    pub(super) messages: Vec<MessageId>,
}

impl BacklogPart {
    /// Where to read on; `None` when enough is held, or everything was read.
    pub(super) fn next_read(&self) -> Option<Option<QueuePlace>> {
        (self.held < LOW && !self.is_at_end).then_some(self.read_to)
    }

    /// New messages may have come: a walk that ended begins again. One under way begins again only with `anew`, for what it
    /// has passed by.
    fn reschedule_now(&mut self, anew: bool) {
        if self.is_at_end || (anew && self.has_passed) {
            (self.read_to, self.is_at_end, self.has_passed) = (None, false, false);
        }
    }

    fn add(&mut self, due: &DueMessage) -> bool {
        let of_number = self.by_number.entry(due.number).or_default();
        if of_number.len() >= OF_ONE_NUMBER || self.held >= FULL {
            self.has_passed = true;
            return false;
        }
        if of_number.is_empty() {
            self.turns.push_back(due.number);
        }
        of_number.push_back(due.message());
        self.held += 1;
        true
    }

    /// The first number that is not being served, with at most so many of its messages.
    fn take(&mut self, part: QueuePart, busy: &HashSet<NumberId>, most: usize) -> Option<NumberTurn> {
        let place = self.turns.iter().position(|number| !busy.contains(number))?;
        let number = self.turns.remove(place)?;
        let mut waiting = self.by_number.remove(&number)?;
        let messages: Vec<MessageId> = waiting.drain(..waiting.len().min(most)).collect();
        self.held -= messages.len();
        if !waiting.is_empty() {
            self.turns.push_back(number);
            self.by_number.insert(number, waiting);
        }
        Some(NumberTurn { number, part, messages })
    }
}

impl Backlog {
    pub(super) fn part(&mut self, part: QueuePart) -> &mut BacklogPart {
        match part {
            QueuePart::Replies => &mut self.replies,
            QueuePart::Texts => &mut self.texts,
        }
    }

    /// New messages may have come, or (with `anew`) what was passed by is looked at again.
    pub(super) fn look_again(&mut self, anew: bool) {
        self.replies.reschedule_now(anew);
        self.texts.reschedule_now(anew);
    }

    /// Holds what was read of a part.
    pub(super) fn keep(&mut self, part: QueuePart, read: &[DueMessage]) {
        let in_hand = std::mem::take(&mut self.in_hand);
        let shelf = self.part(part);
        shelf.is_at_end = i64::try_from(read.len()).is_ok_and(|n| n < READ);
        shelf.read_to = read.last().map(|due| due.place).or(shelf.read_to);
        let new = read.iter().filter(|due| !in_hand.contains(&due.message()));
        let added: Vec<MessageId> = new.filter(|due| shelf.add(due)).map(DueMessage::message).collect();
        self.in_hand = in_hand;
        self.in_hand.extend(added);
    }

    /// The next number's turn: replies first; other texts only where `with_texts`.
    pub(super) fn next(&mut self, with_texts: bool) -> Option<NumberTurn> {
        self.take(with_texts, TURN)
    }

    /// One message alone, to try whether the carrier takes it: a reply if one waits.
    pub(super) fn next_probe(&mut self) -> Option<NumberTurn> {
        self.take(true, 1)
    }

    fn take(&mut self, with_texts: bool, most: usize) -> Option<NumberTurn> {
        let reply = self.replies.take(QueuePart::Replies, &self.busy, most);
        let mut text = || self.texts.take(QueuePart::Texts, &self.busy, most);
        let turn = reply.or_else(|| if with_texts { text() } else { None })?;
        self.busy.insert(turn.number);
        Some(turn)
    }

    /// A turn is over.
    pub(super) fn served(&mut self, turn: &NumberTurn) {
        self.busy.remove(&turn.number);
        turn.messages.iter().for_each(|message| {
            self.in_hand.remove(message);
        });
    }

    /// Forgets what is held but not being served: sending was switched off.
    pub(super) fn forget(&mut self) {
        for part in [&mut self.replies, &mut self.texts] {
            let held = std::mem::take(part);
            held.by_number.into_values().flatten().for_each(|message| {
                self.in_hand.remove(&message);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn id<T: From<uuid::Uuid>>(n: u128) -> T {
        T::from(uuid::Uuid::from_u128(n))
    }

    fn due(message: u128, number: u128) -> DueMessage {
        let place = (Timestamp::from_micros(i64::try_from(message).unwrap()), id(message));
        DueMessage { place, number: id(number) }
    }

    /// All of a queue, in pages as the database gives them.
    fn read_all(backlog: &mut Backlog, queue: &[DueMessage]) {
        while let Some(after) = backlog.texts.next_read() {
            let rest = queue.iter().filter(|due| after.is_none_or(|after| due.place > after));
            let page: Vec<DueMessage> = rest.take(usize::try_from(READ).unwrap()).copied().collect();
            backlog.keep(QueuePart::Texts, &page);
        }
    }

    #[test]
    fn a_long_queue_is_served_in_order_and_only_a_part_of_it_is_held() {
        let queue: Vec<DueMessage> = (1..=5000).map(|n| due(n, n)).collect();
        let (mut backlog, mut served) = (Backlog::default(), Vec::new());
        read_all(&mut backlog, &queue);
        while let Some(turn) = backlog.next(true) {
            assert!(backlog.in_hand.len() <= FULL + 1);
            served.extend(turn.messages.iter().copied());
            backlog.served(&turn);
            read_all(&mut backlog, &queue);
        }
        assert_eq!(served, queue.iter().map(DueMessage::message).collect::<Vec<_>>());
    }

    #[test]
    fn a_number_with_a_long_queue_does_not_crowd_out_the_others() {
        let mut queue: Vec<DueMessage> = (1..=3000).map(|n| due(n, 1)).collect();
        queue.push(due(3001, 2));
        let mut backlog = Backlog::default();
        read_all(&mut backlog, &queue);
        let first = backlog.next(true).unwrap();
        assert_eq!((first.number, first.messages.len()), (id(1), TURN));
        assert_eq!(backlog.next(true).unwrap().number, id(2), "the other one has its turn");
        assert!(backlog.next(true).is_none(), "both are being served");
        backlog.served(&first);
        assert_eq!(backlog.next(true).unwrap().messages.first(), Some(&id(9)), "in order");
    }

    #[test]
    fn what_is_being_served_is_not_taken_again_when_a_walk_begins_anew() {
        let queue = [due(1, 1), due(2, 2)];
        let mut backlog = Backlog::default();
        read_all(&mut backlog, &queue);
        let turn = backlog.next(true).unwrap();
        backlog.look_again(false);
        read_all(&mut backlog, &queue);
        assert_eq!(backlog.next(true).unwrap().number, id(2));
        assert!(backlog.next(true).is_none());
        backlog.served(&turn);
        backlog.look_again(false);
        read_all(&mut backlog, &queue[..1]);
        assert_eq!(backlog.next(true).unwrap().number, id(1), "it was put off and is due again");
    }

    #[test]
    fn replies_go_first_and_a_probe_is_one_message() {
        let mut backlog = Backlog::default();
        backlog.keep(QueuePart::Texts, &[due(1, 1), due(2, 1)]);
        backlog.keep(QueuePart::Replies, &[due(3, 3)]);
        assert_eq!(backlog.next_probe().unwrap().number, id(3));
        assert!(backlog.next(false).is_none(), "no reply waits");
        assert_eq!(backlog.next_probe().unwrap().messages, [id(1)]);
    }
}

//! What a change of the rules would do: how many rules change, and how many scheduled messages move. Used by the Rules page;
//! it writes nothing.

use std::collections::HashMap;

use super::FieldError;
use super::gate::recipient_places;
use super::publish_rules::{RuleChange, proposed};
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::program::Program;
use crate::domain::schedule::{
    ApplicableRules, Location, OpenWindow, Rulebook, RulebookDiff, ScheduleRule, opens_at, window,
};
use crate::domain::time::Timestamp;
use crate::store::messages::ScheduledMessage;
use crate::store::{ReadConn, StoreError, contacts, messages, programs, rulebooks};

/// Scheduled messages are looked at as far as this.
const LOOKED_AT: usize = 10_000;

/// What a change would do.
#[derive(Debug)]
pub struct RulesPreview {
    /// Rules that are there now and not afterwards.
    pub removed: Vec<ScheduleRule>,
    /// Rules that are there afterwards and not now.
    pub added: Vec<ScheduleRule>,
    /// How many rules there are now.
    pub rules: usize,
    /// Scheduled messages that get another time.
    pub moved: usize,
    /// True when there are more scheduled messages than were looked at.
    pub has_more: bool,
}

/// Looks at what a change would do.
///
/// # Errors
/// When the database fails; inside, what is wrong with the change.
pub fn preview_rules(
    conn: &mut ReadConn<'_>,
    change: &RuleChange,
    now: Timestamp,
) -> Result<Result<RulesPreview, Vec<FieldError>>, StoreError> {
    let current = rulebooks::current(conn)?;
    let before: &Rulebook = &current;
    let after = match proposed(before, change, now) {
        Ok(after) => after,
        Err(errors) => return Ok(Err(errors)),
    };
    let changed = RulebookDiff::between(&before.to_string(), &after.to_string());
    let rules =
        |lines: &[String]| lines.iter().filter_map(|line| line.parse().ok()).collect::<Vec<ScheduleRule>>();
    let (removed, added) = (rules(&changed.removed), rules(&changed.added));
    let mut waiting = messages::waiting_for_a_time(conn, LOOKED_AT + 1)?;
    let has_more = waiting.len() > LOOKED_AT;
    waiting.truncate(LOOKED_AT);
    // From the first due on: the messages of a group then share its windows.
    waiting.sort_by_key(|message| message.due_at);
    let places = places(conn, &waiting)?;
    let all = programs::all(conn)?;
    let programs: HashMap<ProgramId, &Program> = all.iter().map(|program| (program.id, &**program)).collect();
    let mut groups =
        PreviewGroups { before, after: &after, removed: &removed, added: &added, now, known: HashMap::new() };
    let mut moved = 0;
    for message in &waiting {
        let found = programs.get(&message.program).zip(places.get(&message.number));
        moved +=
            usize::from(found.is_some_and(|(program, places)| groups.moves(program, places, message.due_at)));
    }
    Ok(Ok(RulesPreview { removed, added, rules: before.rules().len(), moved, has_more }))
}

/// Messages of one program to places with the same rules: each rule is asked once for all of them.
struct PreviewGroups<'a> {
    before: &'a Rulebook,
    after: &'a Rulebook,
    removed: &'a [ScheduleRule],
    added: &'a [ScheduleRule],
    now: Timestamp,
    known: HashMap<(ProgramId, String), PreviewGroup>,
}

/// What is known of one group.
struct PreviewGroup {
    /// The next allowed time is another one, or a cap of theirs changes.
    all_move: bool,
    /// The window, under the new rules, of the last message that was looked at.
    window: Option<OpenWindow>,
}

impl PreviewGroups<'_> {
    fn moves(&mut self, program: &Program, places: &[Location], due_at: Timestamp) -> bool {
        // As the gate asks: closures hold for every program, hours and caps for those that keep quiet hours.
        let closures_alone = !program.keeps_quiet_hours;
        let of = |book| ApplicableRules { law: Some(book), closures_alone, own: Some(&program.hours) };
        let (before, after) = (of(self.before), of(self.after));
        let is_cap_there = |rule: &ScheduleRule| {
            let may_hold = |law| places.iter().any(|place| place.may_have(law));
            matches!(rule, ScheduleRule::Cap(_)) && rule.law().is_some_and(may_hold)
        };
        let keys: Vec<String> = places.iter().map(Location::rules_key).collect();
        let group = self.known.entry((program.id, keys.join("|"))).or_insert_with(|| PreviewGroup {
            all_move: opens_at(places, before, self.now) != opens_at(places, after, self.now)
                || (!closures_alone && self.removed.iter().chain(self.added).any(is_cap_there)),
            window: None,
        });
        if group.all_move {
            return true;
        }
        let known = group.window.filter(|window| due_at < window.until);
        let window = known.unwrap_or_else(|| window(places, after, due_at));
        group.window = Some(window);
        !window.is_open
    }
}

/// Where the recipients may be, as the gate sees it.
fn places(
    conn: &mut ReadConn<'_>,
    waiting: &[ScheduledMessage],
) -> Result<HashMap<NumberId, Vec<Location>>, StoreError> {
    let numbers: Vec<NumberId> = waiting.iter().map(|message| message.number).collect();
    let known = contacts::places_on(conn, &numbers)?;
    let mut found = HashMap::new();
    for message in waiting {
        let told = known.get(&message.number).map_or(&[][..], Vec::as_slice);
        found.entry(message.number).or_insert_with(|| recipient_places(told, &message.phone));
    }
    Ok(found)
}

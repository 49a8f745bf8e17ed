//! Programs, sender numbers, forms, rules and the sending switch: what people change by hand.

use std::sync::Arc;

use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::create_program::{NewProgram, create_program};
use sms_opt_in::actions::edit_program::{ProgramChange, edit_program};
use sms_opt_in::actions::edit_replies::{edit_replies, replies_revision};
use sms_opt_in::actions::edit_sending::{SendingChange, edit_sending};
use sms_opt_in::actions::publish_form::{FormChange, form_revision, publish_form};
use sms_opt_in::actions::publish_rules::{RuleChange, RulesDraft, publish_rules};
use sms_opt_in::actions::receive_text::receive_text;
use sms_opt_in::actions::switch_sending::switch_sending;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::auto_reply::AutoReplies;
use sms_opt_in::domain::language::Language;
use sms_opt_in::domain::program::Program;
use sms_opt_in::domain::schedule::ScheduleRule;
use sms_opt_in::store::{Tx, counters, forms, programs, rulebooks, sending};

use super::consent::start;
use super::stage::{ROUNDS, Stage, one_of};
use crate::support::by;

const FORM: &str = "opt-in";

impl Stage {
    async fn program(&self) -> Arc<Program> {
        self.read(|conn| programs::find(conn, None)).await.unwrap()
    }

    async fn sending(&self) -> SendingChange {
        self.read(|conn| {
            let program = programs::find(conn, None)?.unwrap();
            let sender = programs::sender(conn, program.id)?;
            Ok(SendingChange::of(&program, sender.as_deref()))
        })
        .await
    }

    fn saves_wording(
        &self,
        wording: ProgramChange,
    ) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let (actor, now) = (self.ada(), self.now);
        move |tx| edit_program(tx, &by(&actor, now), "default", &wording).map(drop)
    }

    fn saves_sending(
        &self,
        slug: &str,
        sending: SendingChange,
    ) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let (slug, actor, now) = (slug.to_owned(), self.ada(), self.now);
        move |tx| edit_sending(tx, &by(&actor, now), &slug, &sending).map(drop)
    }

    fn adds(
        &self,
        slug: &str,
        sender: &str,
    ) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let (actor, now) = (self.ada(), self.now);
        let new = NewProgram {
            slug: slug.to_owned(),
            name: slug.to_owned(),
            brand: "Acme".to_owned(),
            contact_route: "call us".to_owned(),
            sender: sender.to_owned(),
        };
        move |tx| create_program(tx, &by(&actor, now), &new).map(drop)
    }
}

pub async fn one_page_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let program = stage.program().await;
        let one = ProgramChange { brand: format!("Acme {round}"), ..ProgramChange::of(&program) };
        let two = ProgramChange { contact_route: format!("call {round}"), ..ProgramChange::of(&program) };
        one_of(&stage.both(stage.saves_wording(one), stage.saves_wording(two)).await);
    }
}

/// The wording, the sender and the replies of one program are three forms: none takes another's change back.
pub async fn three_forms_of_one_page(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (program, sending) = (stage.program().await, stage.sending().await);
        let brand = format!("Acme {round}");
        let code = format!("CODE{}", char::from(b'A' + u8::try_from(round % 26).unwrap()));
        let words = ProgramChange { brand: brand.clone(), ..ProgramChange::of(&program) };
        let narrow = SendingChange { code: code.clone(), ..sending };
        let (one, two) = stage.both(stage.saves_wording(words), stage.saves_sending("default", narrow)).await;
        one.unwrap();
        two.unwrap();
        let program = stage.program().await;
        assert_eq!((program.brand.as_str(), program.code.as_deref()), (brand.as_str(), Some(code.as_str())));
        let replies = AutoReplies {
            opt_in_reply: "{brand}: listo. STOP, HELP.".to_owned(),
            opt_out_reply: format!("{{brand}}: fin {round}."),
            help_reply: "{brand}: {contact}. STOP.".to_owned(),
            ..AutoReplies::default()
        };
        let revision = replies_revision(&program, Language::Spanish);
        let (spanish, actor, now) = (replies.clone(), stage.ada(), stage.now);
        let answers = move |tx: &mut Tx<'_>| {
            edit_replies(tx, &by(&actor, now), "default", Language::Spanish, &spanish, &revision)
        };
        let words = ProgramChange { contact_route: format!("call {round}"), ..ProgramChange::of(&program) };
        let (one, two) = stage.both(stage.saves_wording(words), answers).await;
        one.unwrap();
        two.unwrap();
        let program = stage.program().await;
        assert_eq!(program.contact_route, format!("call {round}"));
        assert_eq!(program.replies.get(&Language::Spanish), Some(&replies));
    }
}

pub async fn a_sender_for_two(stage: &mut Stage) {
    stage.given(stage.adds("rates", "")).await;
    for round in 0..ROUNDS {
        let sender = format!("+120655501{round:02}");
        let (ours, rates) = (
            stage.sending().await,
            stage
                .read(|conn| {
                    let program = programs::find(conn, Some("rates"))?.unwrap();
                    let sender = programs::sender(conn, program.id)?;
                    Ok(SendingChange::of(&program, sender.as_deref()))
                })
                .await,
        );
        let (one, two) =
            (SendingChange { sender: sender.clone(), ..ours }, SendingChange { sender, ..rates });
        one_of(&stage.both(stage.saves_sending("default", one), stage.saves_sending("rates", two)).await);
    }
}

pub async fn a_program_twice(stage: &mut Stage) {
    for round in 0..ROUNDS.min(10) {
        let slug = format!("rates-{round}");
        one_of(&stage.both(stage.adds(&slug, ""), stage.adds(&slug, "")).await);
    }
}

/// A program begins while leads text: each number is in the new program's lists once.
pub async fn a_program_while_numbers_come(stage: &mut Stage) {
    for round in 0..ROUNDS.min(10) {
        let (_, phone) = stage.contact().await;
        let (text, now) = (start(&phone, &format!("SM{round}")), stage.now);
        let (one, two) = stage
            .both(stage.adds(&format!("rates-{round}"), ""), move |tx| {
                receive_text(tx, &by(&Actor::Lead, now), "simulator", &text).map(drop)
            })
            .await;
        one.unwrap();
        two.unwrap();
        let all = stage
            .read(move |conn| {
                let id = programs::find(conn, Some(&format!("rates-{round}")))?.unwrap().id;
                Ok(counters::of(conn, id)?.get(counters::ALL).copied().unwrap_or_default())
            })
            .await;
        assert_eq!(all, i64::try_from(round + 1).unwrap());
    }
}

pub async fn a_form_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (form, _) = stage.read(|conn| forms::find(conn, FORM)).await.unwrap();
        // The heading alone makes no version: only the revision tells the two apart.
        let edit = |title: String| {
            let edited = FormChange {
                title,
                template: form.template.clone(),
                double_opt_in: form.double_opt_in,
                revision: form_revision(&form),
            };
            let (actor, now) = (stage.ada(), stage.now);
            move |tx: &mut Tx<'_>| publish_form(tx, &by(&actor, now), FORM, &edited)
        };
        one_of(&stage.both(edit(format!("Mine {round}")), edit(format!("Theirs {round}"))).await);
    }
}

/// The program's change publishes the form anew; an edit of the form at that moment is out of date or comes before it.
pub async fn a_form_and_its_program(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (form, shown) = stage.read(|conn| forms::find(conn, FORM)).await.unwrap();
        let edited = FormChange {
            title: form.title.clone(),
            template: format!("{{brand}} texts you. Rates may apply. HELP and STOP. {round}"),
            double_opt_in: true,
            revision: form_revision(&form),
        };
        let (actor, now) = (stage.ada(), stage.now);
        let program = stage.program().await;
        let words = ProgramChange { brand: format!("Acme {round}"), ..ProgramChange::of(&program) };
        let edit = move |tx: &mut Tx<'_>| publish_form(tx, &by(&actor, now), FORM, &edited);
        let (words, edit) = stage.both(stage.saves_wording(words), edit).await;
        words.unwrap();
        let (after, version) = stage.read(|conn| forms::find(conn, FORM)).await.unwrap();
        assert!(version.wording.contains(&format!("Acme {round}")), "the form follows its program");
        let published = 1 + i32::from(edit.is_ok());
        assert_eq!(after.version, shown.version + published, "each change has a version of its own");
    }
}

pub async fn the_rules_twice(stage: &mut Stage) {
    for _ in 0..ROUNDS {
        let (version, book) = stage
            .read(|conn| {
                let version = rulebooks::latest(conn)?.map_or(0, |edition| edition.version);
                Ok((version, rulebooks::current(conn)?))
            })
            .await;
        let holidays = book.rules().into_iter().filter(|rule| matches!(rule, ScheduleRule::Holiday(_)));
        let holidays: Vec<String> = holidays.map(|rule| rule.id()).take(2).collect();
        let publish = |id: &str| {
            let (change, reason) = (RuleChange::Remove(id.to_owned()), "The bill was repealed".to_owned());
            let draft = RulesDraft { change, reason, version: Some(version) };
            let (actor, now) = (stage.ada(), stage.now);
            move |tx: &mut Tx<'_>| publish_rules(tx, &by(&actor, now), &draft).map(drop)
        };
        one_of(&stage.both(publish(&holidays[0]), publish(&holidays[1])).await);
    }
}

pub async fn the_switch_both_ways(stage: &mut Stage) {
    for _ in 0..ROUNDS {
        let turn = |on: bool| {
            let (actor, now) = (stage.ada(), stage.now);
            move |tx: &mut Tx<'_>| switch_sending(tx, &by(&actor, now), on, None)
        };
        let (one, two) = stage.both(turn(false), turn(true)).await;
        one.unwrap();
        two.unwrap();
        let (switch, standstill) =
            stage.read(|conn| Ok((sending::is_on(conn)?, sending::standstill(conn)?))).await;
        assert!(standstill.is_none(), "no person's switch is the installation's: {switch}");
    }
}

//! Short names of the domain's choices, as people read them in lists, forms and histories.

use crate::domain::auto_reply::AutoReply;
use crate::domain::consent::{EventKind, Source, StateName};
use crate::domain::evidence::{BasisKind, DocumentKind, RevocationChannel};
use crate::domain::program::ProgramKind;
use crate::domain::role::Role;
use crate::domain::schedule::{
    Certainty, DeadlineName, Reach, RuleAuthority, RuleStrictness, ScheduleRule, TextKind,
};

/// A short name for people.
pub trait Label {
    /// The name.
    fn label(&self) -> &'static str;
}

impl Label for StateName {
    fn label(&self) -> &'static str {
        match self {
            StateName::NotAsked => "Not asked",
            StateName::Invited => "Invited",
            StateName::OptedIn => "Opted in",
            StateName::OptedOut => "Opted out",
        }
    }
}

impl Label for EventKind {
    fn label(&self) -> &'static str {
        match self {
            EventKind::RequestScheduled => "Opt-in request scheduled",
            EventKind::Invited => "Invited to opt in",
            EventKind::InvitationFailed => "Opt-in request could not be delivered",
            EventKind::RequestFailed => "Repeated opt-in request could not be delivered",
            EventKind::OptedIn => "Opted in",
            EventKind::OptedOut => "Opted out",
            EventKind::Recorded => "Recorded, no change",
            EventKind::OptOutRepeated => "Opted out again, no change",
            EventKind::ConsentEnded => "Consent ended",
            EventKind::SimulationEnded => "Simulated consent ended",
            EventKind::DoNotTextSet => "Added to Do Not Text",
            EventKind::DoNotTextCleared => "Removed from Do Not Text",
            EventKind::Paused => "Paused for review",
            EventKind::Resumed => "Resumed",
        }
    }
}

impl Label for Source {
    fn label(&self) -> &'static str {
        match self {
            Source::Handset => "text from the handset",
            Source::WebForm => "web form",
            Source::Manual => "manual update",
            Source::Api => "API",
            Source::Import => "import",
            Source::Provider => "the provider",
            Source::System => "the system",
        }
    }
}

impl Label for DocumentKind {
    fn label(&self) -> &'static str {
        match self {
            DocumentKind::SignedForm => "Signed form",
            DocumentKind::RecordedCall => "Recorded call",
            DocumentKind::Email => "Email",
            DocumentKind::InPerson => "In person",
            DocumentKind::Contract => "Contract",
            DocumentKind::Other => "Other document",
        }
    }
}

impl Label for RevocationChannel {
    fn label(&self) -> &'static str {
        match self {
            RevocationChannel::Call => "Call",
            RevocationChannel::Email => "Email",
            RevocationChannel::Letter => "Letter",
            RevocationChannel::InPerson => "In person",
            RevocationChannel::Text => "Text in other words",
            RevocationChannel::Other => "Other",
        }
    }
}

impl Label for BasisKind {
    fn label(&self) -> &'static str {
        match self {
            BasisKind::CustomerRelationship => "Customer relationship",
            BasisKind::Inquiry => "Inquiry",
            BasisKind::Referral => "Referral with permission",
            BasisKind::EventSignUp => "Event sign-up",
            BasisKind::Other => "Other",
        }
    }
}

impl Label for Role {
    fn label(&self) -> &'static str {
        match self {
            Role::Administrator => "Administrator",
            Role::Support => "Support",
            Role::Auditor => "Auditor",
        }
    }
}

impl Label for AutoReply {
    fn label(&self) -> &'static str {
        match self {
            AutoReply::Start => "Reply to START",
            AutoReply::Stop => "Reply to STOP",
            AutoReply::Help => "Reply to HELP",
        }
    }
}

impl Label for ProgramKind {
    fn label(&self) -> &'static str {
        self.text_kind().label()
    }
}

impl Label for TextKind {
    fn label(&self) -> &'static str {
        match self {
            TextKind::Marketing => "Marketing",
            TextKind::Informational => "Informational",
            TextKind::Exempted => "Exempted",
        }
    }
}

impl Label for Reach {
    fn label(&self) -> &'static str {
        match self {
            Reach::Program => "STOP with a program code ends that program only",
            Reach::All => "STOP ends all programs, with or without a program code",
        }
    }
}

impl Label for DeadlineName {
    fn label(&self) -> &'static str {
        match self {
            DeadlineName::Confirm => "Confirm an opt-out by text",
            DeadlineName::Honor => "Honor an opt-out by any means",
            DeadlineName::Review => "Review an unclear reply",
        }
    }
}

impl Label for Certainty {
    fn label(&self) -> &'static str {
        match self {
            Certainty::Seen => "Text of the law seen",
            Certainty::Quoted => "Quoted in a source",
            Certainty::Summary => "From a summary",
            Certainty::House => "Our own rule",
            Certainty::Unstated => "Source not verified",
        }
    }
}

impl Label for RuleStrictness {
    fn label(&self) -> &'static str {
        match self {
            RuleStrictness::New => "New",
            RuleStrictness::Stricter => "Stricter",
            RuleStrictness::Looser => "Looser",
            RuleStrictness::Mixed => "Stricter at some hours, looser at others",
            RuleStrictness::Same => "No difference",
            RuleStrictness::Ended => "Ended",
        }
    }
}

impl Label for RuleAuthority {
    fn label(&self) -> &'static str {
        match self {
            RuleAuthority::Federal => "Everywhere (federal)",
            RuleAuthority::State(state) => state.name(),
            RuleAuthority::Unknown => "Unknown place",
            RuleAuthority::Program => "Program",
        }
    }
}

impl Label for ScheduleRule {
    fn label(&self) -> &'static str {
        match self {
            ScheduleRule::Stop(rule) => rule.kind.label(),
            ScheduleRule::Deadline(rule) => rule.name.label(),
            rule => rule.law().map_or("", |law| law.label()),
        }
    }
}

/// What changes when a rule is removed.
pub fn label_without(change: &RuleStrictness) -> &'static str {
    match change {
        RuleStrictness::New | RuleStrictness::Stricter => "Looser without it",
        RuleStrictness::Looser => "Stricter without it",
        other => other.label(),
    }
}

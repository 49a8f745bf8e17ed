//! How many texts a state's law lets one person get in a rolling span of time, whatever number they come from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::dated::RuleDates;
use super::frequency::{CapPeriod, FrequencyCap};
use super::hour_rule::RuleAuthority;
use super::rule_error::RuleError;
use crate::domain::words::words;

words! {
    /// Which texts count together.
    Subject {
        /// Those of one program: the law speaks of "the same subject matter".
        Program = "program",
        /// Those of all programs.
        All = "all",
    }
}

/// A cap by law.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LegalCap {
    /// Whose.
    pub law: RuleAuthority,
    /// Which texts count together.
    pub subject: Subject,
    /// How many in 24 hours.
    pub n: u32,
    /// When the rule holds, and its source.
    pub dated: RuleDates,
}

/// A cap by law, as it is kept: the rulebook may change later.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LegalCapFacts {
    /// Whose.
    pub law: RuleAuthority,
    /// Which texts count together.
    pub subject: Subject,
    /// How many in 24 hours.
    pub n: u32,
    /// Who says so.
    pub source: String,
}

impl LegalCap {
    /// All that can be said about it.
    pub fn facts(&self) -> LegalCapFacts {
        let LegalCap { law, subject, n, dated } = self;
        LegalCapFacts { law: *law, subject: *subject, n: *n, source: dated.source.clone() }
    }

    /// The cap itself.
    pub fn cap(&self) -> FrequencyCap {
        FrequencyCap { n: self.n, per: CapPeriod::Day }
    }
}

/// "FL,3,program,2021-07-01,,P,Fla. Stat. 501.616(6)(b)".
impl FromStr for LegalCap {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<LegalCap, RuleError> {
        let mut parts = text.splitn(4, ',').map(str::trim);
        let mut part = || parts.next().ok_or(RuleError::Parts);
        let (law, n, subject, dated) = (part()?, part()?, part()?, part()?);
        let n = n.parse().ok().filter(|n| (1..=1000).contains(n)).ok_or(RuleError::Count)?;
        let subject = subject.parse().map_err(|_| RuleError::Subject)?;
        Ok(LegalCap { law: law.parse()?, subject, n, dated: dated.parse()? })
    }
}

impl fmt::Display for LegalCap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.law, self.n, self.subject, self.dated)
    }
}

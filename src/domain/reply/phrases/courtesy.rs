//! What people put around a keyword without changing what it means.

use super::Table;

/// Said in every language.
pub(super) const ANYWHERE: Table = &[
    &["OK | OKAY | K | KK | UM | UH | OH | LOL | LMAO | OMG | \
            HAHA | WTF | FFS | SMH | JFC"],
    &["NO | NO NO | YO | IDIOT | IDIOTS"],
];

/// Greetings, thanks, pleas, stress, in English.
pub(super) const COURTESY: Table = &[
    &[
        "PLEASE | PLS | PLZ | PLEAS | PLSE | PLESE | KINDLY | PRETTY PLEASE | I BEG YOU | IM BEGGING YOU | BEG",
    ],
    &["THANK YOU | THANK YOU SO MUCH | THANK YOU VERY MUCH | THANKS | THANKS SO MUCH | THANKS A LOT | \
        MANY THANKS | THANX | THX | TNX | TY | TYVM | TYSM | THANKYOU | THANK U"],
    &["THANKS IN ADVANCE | THANK YOU IN ADVANCE | MUCH APPRECIATED | APPRECIATE IT | APPRECIATED | CHEERS"],
    &["HI | HELLO | HEY | HI THERE | HEY THERE | HELLO THERE | DEAR | GREETINGS | GOOD MORNING | \
        GOOD AFTERNOON | GOOD EVENING | GOOD DAY | MORNING"],
    &[
        "BYE | GOODBYE | GOOD BYE | HAVE A GOOD DAY | HAVE A NICE DAY | HAVE A GREAT DAY | TAKE CARE | GOD BLESS | \
            BEST | REGARDS",
    ],
    &[
        "SIR | MAAM | MADAM | MISTER | MR | MRS | MS | MISS | GUYS | YALL | FOLKS | TEAM | MAN | DUDE | BRO | \
            BUDDY | PAL | FRIEND | PEOPLE",
    ],
    &["SORRY | SO SORRY | IM SORRY | EXCUSE ME | APOLOGIES | NO OFFENSE | NOTHING PERSONAL"],
    &[
        "NOW | RIGHT NOW | NOW PLEASE | IMMEDIATELY | AT ONCE | ASAP | RIGHT AWAY | ALREADY | FOREVER | FOR GOOD | \
            PERMANENTLY | TODAY PLEASE",
    ],
    &["JUST | I SAID | I SAY | I REPEAT | AGAIN | SERIOUSLY | REALLY | FULL"],
    &[
        "MEANS | MEANS STOP | FOR THE LAST TIME | FOR THE THIRD TIME | ONCE AND FOR ALL | ONCE MORE | LAST TIME | \
            ANYMORE | ANY MORE | WILL YOU | WOULD YOU | COULD YOU | CAN YOU | MUST YOU | YOU",
    ],
    &["YES | YEAH | YEP | YUP | SURE | ALRIGHT | WELL"],
    &["NOPE | NAH | NO THANKS | NO THANK YOU | NO THX | NOT INTERESTED | IM NOT INTERESTED | \
        IM GOOD | IM ALL SET | ALL SET"],
    &[
        "MY ANSWER IS | MY REPLY IS | SUBJECT | RE | REPLY | REPLYING | TEXT | CASE CLOSED | PERIOD | FULL STOP | \
            END OF STORY | END OF DISCUSSION",
    ],
];

/// Small words of wishes that several languages have.
pub(super) const SMALL_WISHES: Table = &[&["ME | LA | LE"]];

/// What makes a keyword a sentence. Beside CANCEL or END it leaves room for an appointment, so there it does not count.
pub(super) const WISHES: Table = &[
    &["AND | SO | IT | THIS | THAT | THEM | THESE | THOSE | ALL | ALL OF THIS | ALL THIS | EVERYTHING | \
            US | MY | FROM ALL | TO | THE | OF | WITH THIS | WITH IT | I | WE"],
    &[
        "I WANT | I WANT TO | WANT TO | I WOULD LIKE TO | ID LIKE TO | I WISH TO | I NEED TO | LET ME | WE WANT TO | \
        I ELECT TO | I CHOOSE TO",
    ],
];

/// Anger, said beside a keyword.
pub(super) const SWEARING: Table = &[
    &[
        "FUCK | FUCKING | FUCKER | FUCKERS | MOTHERFUCKER | MOTHERFUCKERS | FUCK YOU | FUCK U | FUCK OFF | FU | \
            STFU | GTFO | DAMN | DAMN IT | DAMMIT | GODDAMN | GODDAMMIT | FOR FUCKS SAKE | FOR GODS SAKE | \
            FOR CHRISTS SAKE | JESUS | JESUS CHRIST",
    ],
    &["SHIT | BULLSHIT | ASS | ASSHOLE | ASSHOLES | BITCH | BITCHES | BASTARD | BASTARDS | \
            MORON | MORONS | STUPID | DUMBASS | JERK | JERKS | SCUM | SCUMBAG | SCUMBAGS | CREEP | CREEPS | \
            LOSER | LOSERS | DICK | DICKHEAD | PRICK | CUNT | THE HELL | THE FUCK | HELL | BLOODY | SPAMMER | \
            SPAMMERS | SCAMMER | SCAMMERS | YOU PEOPLE"],
];

//! Confirming: one try to take the money, with everything that follows from its end.

use serde_json::{Value, json};

use crate::behaviour::Pace;
use crate::book::{Book, Context, Task};
use crate::decline::Decline;
use crate::error::Error;
use crate::objects::charge::{self, Charge};
use crate::objects::payment_intent::{Attempt, CaptureMethod, FutureUsage, PaymentIntent, Status, ThreeDSecure};
use crate::objects::payment_method::PaymentMethod;
use crate::params::Params;
use crate::payments::instrument::Instrument;

/// How long reserved money can be taken, in milliseconds: seven days.
const RESERVED_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What a late bank takes at least, in milliseconds: three minutes.
const LATE_MS: i64 = 3 * 60 * 1000;

/// How the payment shall be tried.
#[derive(Debug, Default)]
pub(crate) struct Confirmation {
    pub(crate) instrument: Option<Instrument>,
    /// Where the buyer comes back to from the bank's page.
    pub(crate) return_url: Option<String>,
    /// The buyer is not there.
    pub(crate) off_session: bool,
    /// A bank that wants to see the buyer counts as a decline.
    pub(crate) error_on_requires_action: bool,
    pub(crate) setup_future_usage: Option<FutureUsage>,
    pub(crate) three_d_secure: Option<ThreeDSecure>,
}

impl Confirmation {
    /// With this instrument; else as by default.
    pub(crate) fn with(instrument: Instrument) -> Self {
        Self { instrument: Some(instrument), ..Self::default() }
    }

    /// Reads what creating with `confirm` and confirming have in common.
    pub(crate) fn parse(params: &mut Params) -> Result<Self, Error> {
        let by_script = params.boolean("use_stripe_sdk")?.unwrap_or(false);
        let off_session = |text: &str| match text {
            "true" | "one_off" | "recurring" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        Ok(Self {
            instrument: Instrument::parse(params)?,
            return_url: params.web_address("return_url")?.filter(|_| !by_script),
            off_session: params.choice("off_session", off_session)?.unwrap_or(false),
            error_on_requires_action: params.boolean("error_on_requires_action")?.unwrap_or(false),
            setup_future_usage: params.choice("setup_future_usage", FutureUsage::parse)?,
            three_d_secure: three_d_secure(params)?,
        })
    }
}

/// Reads `payment_method_options[card][request_three_d_secure]`; the other options make no difference here.
pub(crate) fn three_d_secure(params: &mut Params) -> Result<Option<ThreeDSecure>, Error> {
    let Some(mut card) =
        params.nested("payment_method_options")?.map(|mut options| options.nested("card")).transpose()?
    else {
        return Ok(None);
    };
    match &mut card {
        Some(card) => card.choice("request_three_d_secure", ThreeDSecure::parse),
        None => Ok(None),
    }
}

impl Book {
    /// Tries to pay the intent with the instrument, or with the method it has. A refused card is an error that carries the intent.
    pub(crate) fn confirm(&mut self, context: &Context, id: &str, wanted: Confirmation) -> Result<Value, Error> {
        let mut intent = self.intent(id)?;
        if !intent.status.is_open() {
            return Err(not_confirmable(&intent));
        }
        let method = match wanted.instrument {
            Some(instrument) => Some(self.resolve(context, instrument)?),
            None => intent.payment_method.as_ref().and_then(|id| self.methods.get(id)).cloned(),
        };
        let Some(method) = method else {
            let message = "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.";
            return Err(Error::unexpected_state(message, intent.to_json()));
        };
        check_fits(&intent, &method)?;
        if self.methods.get(&method.id).is_none() {
            self.put_method(method.clone());
        }
        intent.payment_method = Some(method.id.clone());
        intent.next_action = None;
        intent.setup_future_usage = wanted.setup_future_usage.or(intent.setup_future_usage);
        intent.three_d_secure = wanted.three_d_secure.unwrap_or(intent.three_d_secure);
        let requested = intent.three_d_secure != ThreeDSecure::Automatic;
        if !method.authentication.is_needed(wanted.off_session, method.set_up, requested) {
            self.charge(context, intent, method, false)
        } else if wanted.off_session {
            Err(self.decline(context, intent, method, Decline::AuthenticationRequired))
        } else if wanted.error_on_requires_action {
            Err(self.decline(context, intent, method, Decline::AuthenticationNotHandled))
        } else {
            Ok(self.require_action(context, intent, wanted.return_url))
        }
    }

    /// The intent with this id, to work on.
    pub(crate) fn intent(&self, id: &str) -> Result<PaymentIntent, Error> {
        self.intents.get(id).cloned().ok_or_else(|| Error::no_such("payment_intent", id, "intent"))
    }

    /// Asks the bank for the money.
    pub(crate) fn charge(
        &mut self,
        context: &Context,
        intent: PaymentIntent,
        method: PaymentMethod,
        authenticated: bool,
    ) -> Result<Value, Error> {
        if method.pace == Pace::AtOnce
            && let Some(decline) = method.behaviour.decline()
        {
            return Err(self.decline(context, intent, method, decline));
        }
        let mut charge = Charge::new(&intent, method.clone(), charge::Status::Pending, context.now());
        charge.authenticated = authenticated;
        let method = self.keep_or_spend(context, &intent, method, authenticated);
        let wait = match method.pace {
            Pace::AtOnce => return Ok(self.succeed(context, intent, charge)),
            Pace::Slow => context.delay_ms,
            Pace::Late => context.delay_ms.max(LATE_MS),
        };
        Ok(self.process(context, intent, charge, context.now_ms + wait))
    }

    /// The bank takes its time, until `ends` (milliseconds).
    fn process(&mut self, context: &Context, mut intent: PaymentIntent, charge: Charge, ends: i64) -> Value {
        intent.charges.push(charge.id.clone());
        intent.status = Status::Processing;
        intent.last_failure = None;
        intent.finishes_at_ms = Some(ends);
        self.schedule(ends, Task::Finish(intent.id.clone()));
        self.emit(context, "charge.pending", &self.charge_json(&charge), None);
        self.put_charge(charge);
        self.put_changed(context, intent, "payment_intent.processing")
    }

    /// The bank approves: the money is taken, or only reserved where the capture is manual.
    pub(crate) fn succeed(&mut self, context: &Context, mut intent: PaymentIntent, mut charge: Charge) -> Value {
        if intent.charges.last() != Some(&charge.id) {
            intent.charges.push(charge.id.clone());
        }
        charge.status = charge::Status::Succeeded;
        intent.last_failure = None;
        intent.finishes_at_ms = None;
        let event = if intent.capture_method == CaptureMethod::Manual {
            let end = context.now_ms + RESERVED_MS;
            intent.status = Status::RequiresCapture;
            intent.amount_capturable = intent.amount;
            charge.capture_before = Some(end / 1000);
            self.schedule(end, Task::Release(intent.id.clone()));
            "payment_intent.amount_capturable_updated"
        } else {
            intent.status = Status::Succeeded;
            intent.amount_received = intent.amount;
            let amount = charge.amount;
            self.take_money(context, &mut charge, amount);
            "payment_intent.succeeded"
        };
        self.emit(context, "charge.succeeded", &self.charge_json(&charge), None);
        self.put_charge(charge);
        self.put_changed(context, intent, event)
    }

    /// The bank refuses at once.
    fn decline(&mut self, context: &Context, intent: PaymentIntent, method: PaymentMethod, decline: Decline) -> Error {
        let charge = Charge::new(&intent, method, charge::Status::Failed, context.now());
        self.fail(context, intent, charge, decline)
    }

    /// The charge ends without money: the intent waits for another payment method.
    pub(crate) fn fail(
        &mut self,
        context: &Context,
        mut intent: PaymentIntent,
        mut charge: Charge,
        decline: Decline,
    ) -> Error {
        charge.status = charge::Status::Failed;
        charge.failure = Some(decline);
        if intent.charges.last() != Some(&charge.id) {
            intent.charges.push(charge.id.clone());
        }
        let attempt =
            Attempt { decline, charge: Some(charge.id.clone()), payment_method: charge.payment_method.clone() };
        self.emit(context, "charge.failed", &self.charge_json(&charge), None);
        self.put_charge(charge);
        self.give_up(context, intent, &attempt)
    }

    /// The try has failed: the intent waits for another payment method.
    pub(crate) fn give_up(&mut self, context: &Context, mut intent: PaymentIntent, attempt: &Attempt) -> Error {
        intent.payment_method = None;
        intent.next_action = None;
        intent.finishes_at_ms = None;
        intent.status = Status::RequiresPaymentMethod;
        intent.last_failure = Some(Box::new(attempt.clone()));
        let json = self.put_changed(context, intent, "payment_intent.payment_failed");
        Error::declined(attempt, json)
    }

    /// Keeps an intent whose status has changed, tells of it, takes its Checkout Session along and returns its JSON.
    pub(crate) fn put_changed(&mut self, context: &Context, intent: PaymentIntent, event: &str) -> Value {
        let json = intent.to_json();
        self.emit(context, event, &json, None);
        self.follow(context, &intent);
        self.put_intent(intent);
        json
    }

    /// A method that was paid with becomes its customer's if that was agreed, or cannot be used again.
    fn keep_or_spend(
        &mut self,
        context: &Context,
        intent: &PaymentIntent,
        mut method: PaymentMethod,
        authenticated: bool,
    ) -> PaymentMethod {
        let attached = match (&intent.customer, intent.setup_future_usage) {
            (Some(customer), Some(usage)) => {
                let off_session = usage == FutureUsage::OffSession;
                method.set_up |= off_session && (authenticated || !method.authentication.is_needed(true, false, false));
                method.customer.replace(customer.clone()).is_none()
            }
            _ => {
                method.spent = method.customer.is_none();
                false
            }
        };
        if attached {
            self.emit(context, "payment_method.attached", &method.to_json(), Some(&json!({"customer": null})));
        }
        self.put_method(method.clone());
        method
    }
}

/// Refuses a method that this intent cannot be paid with.
fn check_fits(intent: &PaymentIntent, method: &PaymentMethod) -> Result<(), Error> {
    let kind = method.kind();
    if !intent.payment_method_types.iter().any(|allowed| allowed == kind) {
        let allowed = intent.payment_method_types.join(", ");
        let message = format!(
            "The PaymentMethod provided ({kind}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: {allowed}. Alternatively update the allowed payment_method_types for this PaymentIntent to include \"{kind}\"."
        );
        return Err(Error::rule("payment_intent_incompatible_payment_method", &message));
    }
    if method.spent {
        let message = "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.";
        return Err(Error::uncoded(message, "payment_method"));
    }
    match (&intent.customer, &method.customer) {
        (None, Some(owner)) => Err(Error::uncoded(
            &format!(
                "The provided PaymentMethod ({}) is attached to the Customer {owner}. Please include the Customer in the `customer` parameter on the PaymentIntent.",
                method.id
            ),
            "payment_method",
        )),
        (Some(payer), Some(owner)) if payer != owner => Err(Error::uncoded(
            &format!(
                "The PaymentMethod {} does not belong to the Customer {payer}. Please use this PaymentMethod with the Customer that it belongs to instead.",
                method.id
            ),
            "payment_method",
        )),
        _ => Ok(()),
    }
}

fn not_confirmable(intent: &PaymentIntent) -> Error {
    let message = match intent.status {
        Status::Succeeded => {
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
                .to_owned()
        }
        status => format!(
            "This PaymentIntent's status is {}, but it must have one of the following statuses to be confirmed: requires_payment_method, requires_confirmation, requires_action.",
            status.as_str()
        ),
    };
    Error::unexpected_state(&message, intent.to_json())
}

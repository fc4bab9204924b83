// Stripe's own Node client, unchanged, takes a tour of everything that the sandbox speaks.
// Usage: node tour.mjs http://127.0.0.1:12111 sk_test_… pk_test_…

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import Stripe from 'stripe';

const [base, secretKey, publishableKey] = process.argv.slice(2);
const { hostname, port } = new URL(base);
const at = { host: hostname, port, protocol: 'http', telemetry: false };
const stripe = new Stripe(secretKey, { ...at, maxNetworkRetries: 0 });
const patient = new Stripe(secretKey, { ...at, maxNetworkRetries: 2 });

const HOUR = 3600;

async function control(method, path, body) {
  const answer = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${await answer.clone().text()}`);
  return answer.json();
}
const advance = (seconds) => control('POST', '/_sandbox/advance', { seconds });
const trigger = (what) => control('POST', '/_sandbox/trigger', what);
const fault = (plan) => control('POST', '/_sandbox/faults', plan);

async function refused(promise, kind, fields) {
  const error = await promise.then(() => assert.fail('was not refused'), (error) => error);
  assert.ok(error instanceof kind, `${error.type}: ${error.message}`);
  for (const [field, value] of Object.entries(fields)) assert.equal(error[field], value, field);
  assert.match(error.requestId ?? '', /^req_/);
  return error;
}

const pay = (payment_method, more = {}) =>
  stripe.paymentIntents.create({ amount: 10000, currency: 'eur', confirm: true, payment_method, return_url: 'https://shop.example/', ...more });

const steps = {
  async payments() {
    const made = await stripe.paymentIntents.create({ amount: 4990, currency: 'eur', metadata: { order: 'ord_1' }, description: 'Two tickets' });
    assert.equal(made.status, 'requires_payment_method');
    await stripe.paymentIntents.update(made.id, { metadata: { seat: 'A1' } });
    const paid = await stripe.paymentIntents.confirm(made.id, { payment_method: 'pm_card_visa', expand: ['latest_charge'] });
    assert.equal(paid.status, 'succeeded');
    assert.equal(paid.latest_charge.payment_method_details.card.last4, '4242');
    assert.deepEqual(paid.metadata, { order: 'ord_1', seat: 'A1' });
    const found = await stripe.paymentIntents.search({ query: "metadata['order']:'ord_1' AND status:'succeeded'" });
    assert.deepEqual(found.data.map((intent) => intent.id), [made.id]);
    const held = await pay('pm_card_visa', { capture_method: 'manual' });
    assert.equal(held.status, 'requires_capture');
    assert.equal((await stripe.paymentIntents.capture(held.id, { amount_to_capture: 6000 })).amount_received, 6000);
    const left = await stripe.paymentIntents.create({ amount: 100, currency: 'usd' });
    assert.equal((await stripe.paymentIntents.cancel(left.id, { cancellation_reason: 'abandoned' })).status, 'canceled');
    await advance(HOUR + 1);
    const charge = await stripe.charges.retrieve(paid.latest_charge.id, { expand: ['balance_transaction'] });
    assert.equal(charge.balance_transaction.net, 4990 - charge.balance_transaction.fee);
    const all = [];
    for await (const intent of stripe.paymentIntents.list({ limit: 1 })) all.push(intent.id);
    assert.equal(all.length, 3);
  },

  async declines() {
    const error = await refused(pay('pm_card_visa_chargeDeclinedInsufficientFunds'), Stripe.errors.StripeCardError, {
      code: 'card_declined', decline_code: 'insufficient_funds', statusCode: 402,
    });
    assert.equal(error.payment_intent.status, 'requires_payment_method');
    assert.equal(error.charge, error.payment_intent.latest_charge);
    assert.match(error.doc_url, /card-declined$/);
    assert.equal((await pay('pm_card_visa')).status, 'succeeded');
  },

  async errors() {
    await refused(stripe.paymentIntents.retrieve('pi_none'), Stripe.errors.StripeInvalidRequestError, { code: 'resource_missing', statusCode: 404 });
    await refused(stripe.paymentIntents.create({ amount: 1, currency: 'eur' }), Stripe.errors.StripeInvalidRequestError, { code: 'amount_too_small', param: 'amount' });
    await refused(stripe.paymentIntents.create({ amount: 100, currency: 'eur', colour: 'red' }), Stripe.errors.StripeInvalidRequestError, { code: 'parameter_unknown', param: 'colour' });
    await refused(new Stripe('sk_test_wrong', at).balance.retrieve(), Stripe.errors.StripeAuthenticationError, { statusCode: 401 });
    await refused(new Stripe(publishableKey, at).balance.retrieve(), Stripe.errors.StripePermissionError, { statusCode: 403 });
    await refused(stripe.balance.retrieve({}, { stripeAccount: 'acct_none' }), Stripe.errors.StripePermissionError, { code: 'account_invalid' });
  },

  async idempotency() {
    const params = { amount: 500, currency: 'eur' };
    const first = await stripe.paymentIntents.create(params, { idempotencyKey: 'tour-1' });
    const again = await stripe.paymentIntents.create(params, { idempotencyKey: 'tour-1' });
    assert.equal(again.id, first.id);
    assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
    await refused(stripe.paymentIntents.create({ ...params, amount: 600 }, { idempotencyKey: 'tour-1' }), Stripe.errors.StripeIdempotencyError, { statusCode: 400 });
  },

  async faults() {
    const count = async () => (await control('GET', '/_sandbox/state')).accounts[publishableKey].payment_intents;
    const before = await count();
    await fault({ method: 'POST', path: '/v1/payment_intents', answer: 500 });
    await fault({ method: 'POST', path: '/v1/payment_intents', when: 'after', cut: true });
    assert.equal((await patient.paymentIntents.create({ amount: 700, currency: 'eur' })).amount, 700);
    assert.equal(await count(), before + 1, 'the client tried three times and made one');
    await fault({ path: '/v1/balance', answer: 429 });
    await refused(stripe.balance.retrieve(), Stripe.errors.StripeRateLimitError, { code: 'rate_limit', statusCode: 429 });
    await fault({ path: '/v1/balance', answer: 503 });
    await refused(stripe.balance.retrieve(), Stripe.errors.StripeAPIError, { statusCode: 503 });
    // The client tries once more by itself when a connection that it keeps ends.
    await fault({ path: '/v1/balance', cut: true, times: 2 });
    await assert.rejects(stripe.balance.retrieve(), Stripe.errors.StripeConnectionError);
    await fault({ path: '/v1/balance', hold: true });
    const held = stripe.balance.retrieve();
    assert.equal((await control('GET', '/_sandbox/faults?held=1')).held, 1);
    await control('DELETE', '/_sandbox/faults');
    assert.equal((await held).object, 'balance');
  },

  async refunds() {
    const paid = await pay('pm_card_visa');
    const part = await stripe.refunds.create({ payment_intent: paid.id, amount: 4000, reason: 'requested_by_customer' });
    assert.equal(part.status, 'succeeded');
    await refused(stripe.refunds.create({ payment_intent: paid.id, amount: 6001 }), Stripe.errors.StripeInvalidRequestError, { param: 'amount' });
    await stripe.refunds.create({ charge: paid.latest_charge });
    await refused(stripe.refunds.create({ charge: paid.latest_charge }), Stripe.errors.StripeInvalidRequestError, { code: 'charge_already_refunded' });
    assert.equal((await stripe.refunds.list({ payment_intent: paid.id })).data.length, 2);
    assert.equal((await stripe.refunds.update(part.id, { metadata: { a: 'b' } })).metadata.a, 'b');
  },

  async secure() {
    for (const [outcome, status] of [['complete', 'succeeded'], ['fail', 'requires_payment_method']]) {
      const asked = await pay('pm_card_authenticationRequired');
      assert.equal(asked.status, 'requires_action');
      assert.match(asked.next_action.redirect_to_url.url, /^http/);
      await control('POST', '/_sandbox/authenticate', { payment_intent: asked.id, outcome });
      const after = await stripe.paymentIntents.retrieve(asked.id);
      assert.equal(after.status, status);
      if (outcome === 'fail') assert.equal(after.last_payment_error.code, 'payment_intent_authentication_failure');
    }
  },

  async checkout() {
    const session = await stripe.checkout.sessions.create({
      mode: 'payment',
      success_url: 'https://shop.example/thanks?session={CHECKOUT_SESSION_ID}',
      line_items: [{ price_data: { currency: 'eur', unit_amount: 2500, product_data: { name: 'Stalls' } }, quantity: 2 }],
      metadata: { order: 'ord_2' },
    });
    assert.equal(session.status, 'open');
    assert.equal(session.payment_intent, null);
    assert.equal((await fetch(session.url)).status, 200);
    await control('POST', '/_sandbox/pay', { checkout_session: session.id, payment_method: 'pm_card_visa' });
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent', 'line_items'] });
    assert.equal(done.payment_status, 'paid');
    assert.equal(done.payment_intent.amount_received, 5000);
    assert.equal(done.line_items.data[0].quantity, 2);
    const other = await stripe.checkout.sessions.create({
      mode: 'payment', success_url: 'https://shop.example/', line_items: [{ price_data: { currency: 'eur', unit_amount: 2500, product_data: { name: 'Stalls' } }, quantity: 1 }],
    });
    assert.equal((await stripe.checkout.sessions.expire(other.id)).status, 'expired');
  },

  async customers() {
    const customer = await stripe.customers.create({ email: 'ada@example.com', name: 'Ada' });
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    assert.equal(card.customer, customer.id);
    const paid = await pay(card.id, { customer: customer.id, off_session: true, return_url: undefined });
    assert.equal(paid.status, 'succeeded');
    assert.equal((await stripe.customers.listPaymentMethods(customer.id)).data.length, 1);
    assert.equal((await stripe.paymentMethods.detach(card.id)).customer, null);
    assert.equal((await stripe.customers.del(customer.id)).deleted, true);
    const debit = await stripe.paymentIntents.create({ amount: 3000, currency: 'eur', confirm: true, payment_method_types: ['sepa_debit'], payment_method: 'pm_success_de' });
    assert.equal(debit.status, 'processing');
    await advance(HOUR + 1);
    assert.equal((await stripe.paymentIntents.retrieve(debit.id)).status, 'succeeded');
  },

  async disputes() {
    const paid = await pay('pm_card_createDispute');
    await advance(HOUR + 1);
    const { data: [dispute] } = await stripe.disputes.list({ payment_intent: paid.id });
    assert.equal(dispute.status, 'needs_response');
    await refused(stripe.refunds.create({ payment_intent: paid.id }), Stripe.errors.StripeInvalidRequestError, { code: 'charge_disputed' });
    const staged = await stripe.disputes.update(dispute.id, { evidence: { customer_name: 'Ada' }, submit: false });
    assert.equal(staged.evidence_details.has_evidence, true);
    assert.equal((await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: 'winning_evidence' } })).status, 'under_review');
    await advance(HOUR + 1);
    assert.equal((await stripe.disputes.retrieve(dispute.id)).status, 'won');
    const other = await pay('pm_card_visa');
    const opened = await trigger({ what: 'dispute', charge: other.id, reason: 'duplicate' });
    assert.equal((await stripe.disputes.close(opened.id)).status, 'lost');
    const third = await pay('pm_card_visa');
    const warning = await trigger({ what: 'fraud_warning', charge: third.id });
    assert.equal((await stripe.radar.earlyFraudWarnings.retrieve(warning.id)).actionable, true);
    await stripe.refunds.create({ payment_intent: third.id });
    const warnings = await stripe.radar.earlyFraudWarnings.list({ charge: third.latest_charge });
    assert.equal(warnings.data[0].actionable, false);
  },

  async webhooks() {
    const got = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => {
        got.push([body, request.headers['stripe-signature']]);
        response.end();
        server.emit('callback');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${server.address().port}/`;
    const endpoint = await stripe.webhookEndpoints.create({ url, enabled_events: ['payment_intent.succeeded'] });
    const called = once(server, 'callback');
    const paid = await pay('pm_card_visa');
    await called;
    const event = stripe.webhooks.constructEvent(...got[0], endpoint.secret);
    assert.equal(event.data.object.id, paid.id);
    assert.throws(() => stripe.webhooks.constructEvent(got[0][0] + ' ', got[0][1], endpoint.secret), Stripe.errors.StripeSignatureVerificationError);
    assert.equal((await stripe.events.retrieve(event.id)).type, 'payment_intent.succeeded');
    assert.equal((await stripe.webhookEndpoints.update(endpoint.id, { disabled: true })).status, 'disabled');
    assert.equal((await stripe.webhookEndpoints.list()).data.length, 1);
    assert.equal((await stripe.webhookEndpoints.del(endpoint.id)).deleted, true);
    server.closeAllConnections();
    server.close();
  },

  async connect() {
    const account = await stripe.accounts.create({
      type: 'custom', country: 'DE', business_type: 'individual',
      capabilities: { card_payments: { requested: true }, transfers: { requested: true } },
      business_profile: { url: 'https://venue.example' },
      individual: { first_name: 'Ada', last_name: 'Lovelace', email: 'ada@example.com', dob: { day: 1, month: 2, year: 1990 } },
      tos_acceptance: { date: 1790000000, ip: '127.0.0.1' },
      settings: { payouts: { schedule: { interval: 'manual' } } },
    });
    assert.deepEqual(account.requirements.currently_due, ['external_account']);
    const bank = await stripe.accounts.createExternalAccount(account.id, {
      external_account: { object: 'bank_account', country: 'DE', currency: 'eur', account_number: 'DE62370400440532013001' },
    });
    assert.equal(bank.last4, '3001');
    assert.equal((await stripe.accounts.retrieve(account.id)).payouts_enabled, true);
    assert.equal((await stripe.accounts.list()).data.length, 1);
    const link = await stripe.accountLinks.create({ account: account.id, type: 'account_onboarding', refresh_url: 'https://shop.example/r', return_url: 'https://shop.example/b' });
    assert.equal((await fetch(link.url)).status, 200);
    const asAccount = { stripeAccount: account.id };
    for (let i = 0; i < 2; i++) await pay('pm_card_bypassPending');
    await advance(HOUR + 1);
    const transfer = await stripe.transfers.create({ amount: 2000, currency: 'eur', destination: account.id, transfer_group: 'g1' });
    assert.equal((await stripe.balance.retrieve({}, asAccount)).available[0].amount, 2000);
    assert.equal((await stripe.transfers.createReversal(transfer.id, { amount: 500 })).amount, 500);
    assert.equal((await stripe.transfers.list({ transfer_group: 'g1' })).data[0].amount_reversed, 500);
    await refused(stripe.transfers.create({ amount: 99999999, currency: 'eur', destination: account.id }), Stripe.errors.StripeInvalidRequestError, { code: 'balance_insufficient' });
    const payout = await stripe.payouts.create({ amount: 1500, currency: 'eur' }, asAccount);
    assert.equal(payout.status, 'pending');
    await advance(2 * HOUR + 1);
    const failed = await stripe.payouts.retrieve(payout.id, {}, asAccount);
    assert.equal(failed.failure_code, 'no_account');
    const stopped = await stripe.payouts.create({ amount: 100, currency: 'eur' }, asAccount);
    assert.equal((await stripe.payouts.cancel(stopped.id, {}, asAccount)).status, 'canceled');
    const direct = await stripe.paymentIntents.create({ amount: 900, currency: 'eur', confirm: true, payment_method: 'pm_card_visa', return_url: 'https://shop.example/' }, asAccount);
    assert.equal(direct.status, 'succeeded');
    await refused(stripe.paymentIntents.retrieve(direct.id), Stripe.errors.StripeInvalidRequestError, { code: 'resource_missing' });
  },
};

for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`FAILED ${name}\n${error.stack}`);
    process.exit(1);
  }
}
process.exit(0);

"""Stripe's own Python client, unchanged, takes a tour of everything that the sandbox speaks.

Usage: python tour.py http://127.0.0.1:12111 sk_test_... pk_test_...
"""

import json
import sys
import threading
import traceback
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue

import stripe

BASE, SECRET_KEY, PUBLISHABLE_KEY = sys.argv[1:4]
HOUR = 3600
PATIENCE = 20


def client(key=SECRET_KEY, retries=0):
    return stripe.StripeClient(key, base_addresses={"api": BASE}, max_network_retries=retries)


api = client().v1


def control(method, path, body=None):
    headers = {"authorization": f"Bearer {SECRET_KEY}", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data=data, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def advance(seconds):
    control("POST", "/_sandbox/advance", {"seconds": seconds})


def fault(**plan):
    control("POST", "/_sandbox/faults", plan)


def refused(kind, work, **fields):
    try:
        work()
    except kind as error:
        for field, value in fields.items():
            assert getattr(error, field) == value, f"{field}: {getattr(error, field)}"
        assert error.request_id.startswith("req_")
        return error
    raise AssertionError("was not refused")


def pay(method, options=None, **more):
    params = {
        "amount": 10000,
        "currency": "eur",
        "confirm": True,
        "payment_method": method,
        "return_url": "https://shop.example/",
        **more,
    }
    return api.payment_intents.create(params, options or {})


def payments():
    made = api.payment_intents.create({"amount": 4990, "currency": "eur", "metadata": {"order": "ord_1"}})
    api.payment_intents.update(made.id, {"metadata": {"seat": "A1"}})
    paid = api.payment_intents.confirm(made.id, {"payment_method": "pm_card_visa", "expand": ["latest_charge"]})
    assert paid.status == "succeeded"
    assert paid.latest_charge.payment_method_details.card.last4 == "4242"
    found = api.payment_intents.search({"query": "metadata['order']:'ord_1' AND status:'succeeded'"})
    assert [intent.id for intent in found.data] == [made.id]
    held = pay("pm_card_visa", capture_method="manual")
    assert api.payment_intents.capture(held.id, {"amount_to_capture": 6000}).amount_received == 6000
    left = api.payment_intents.create({"amount": 100, "currency": "usd"})
    assert api.payment_intents.cancel(left.id).status == "canceled"
    advance(HOUR + 1)
    charge = api.charges.retrieve(paid.latest_charge.id, {"expand": ["balance_transaction"]})
    assert charge.balance_transaction.net == 4990 - charge.balance_transaction.fee
    assert len(list(api.payment_intents.list({"limit": 1}).auto_paging_iter())) == 3


def errors():
    error = refused(
        stripe.CardError,
        lambda: pay("pm_card_visa_chargeDeclinedInsufficientFunds"),
        code="card_declined",
        http_status=402,
    )
    assert error.error.decline_code == "insufficient_funds"
    assert error.error.payment_intent["status"] == "requires_payment_method"
    invalid = stripe.InvalidRequestError
    refused(invalid, lambda: api.payment_intents.retrieve("pi_none"), code="resource_missing", http_status=404)
    refused(invalid, lambda: pay("pm_card_visa", amount=1), code="amount_too_small", param="amount")
    refused(stripe.AuthenticationError, client("sk_test_wrong").v1.balance.retrieve, http_status=401)
    refused(stripe.PermissionError, client(PUBLISHABLE_KEY).v1.balance.retrieve, http_status=403)
    options = {"stripe_account": "acct_none"}
    error = refused(stripe.PermissionError, lambda: api.balance.retrieve(options=options), http_status=403)
    assert error.error.code == "account_invalid"


def idempotency():
    params, options = {"amount": 500, "currency": "eur"}, {"idempotency_key": "tour-1"}
    first = api.payment_intents.create(params, options)
    again = api.payment_intents.create(params, options)
    assert again.id == first.id
    assert again.last_response.headers["idempotent-replayed"] == "true"
    other = {**params, "amount": 600}
    refused(stripe.IdempotencyError, lambda: api.payment_intents.create(other, options), http_status=400)


def faults():
    def count():
        return control("GET", "/_sandbox/state")["accounts"][PUBLISHABLE_KEY]["payment_intents"]

    before = count()
    fault(method="POST", path="/v1/payment_intents", answer=500)
    fault(method="POST", path="/v1/payment_intents", when="after", cut=True)
    made = client(retries=2).v1.payment_intents.create({"amount": 700, "currency": "eur"})
    assert made.amount == 700
    assert count() == before + 1, "the client tried three times and made one"
    fault(path="/v1/balance", answer=429)
    refused(stripe.RateLimitError, api.balance.retrieve, http_status=429)
    fault(path="/v1/balance", answer=503)
    refused(stripe.APIError, api.balance.retrieve, http_status=503)
    fault(path="/v1/balance", cut=True)
    try:
        api.balance.retrieve()
        raise AssertionError("was not cut")
    except stripe.APIConnectionError:
        pass


def refunds():
    paid = pay("pm_card_visa")
    part = api.refunds.create({"payment_intent": paid.id, "amount": 4000, "reason": "requested_by_customer"})
    assert part.status == "succeeded"
    too_much = {"payment_intent": paid.id, "amount": 6001}
    refused(stripe.InvalidRequestError, lambda: api.refunds.create(too_much), param="amount")
    api.refunds.create({"charge": paid.latest_charge})
    assert len(api.refunds.list({"payment_intent": paid.id}).data) == 2


def secure():
    for outcome, status in (("complete", "succeeded"), ("fail", "requires_payment_method")):
        asked = pay("pm_card_authenticationRequired")
        assert asked.status == "requires_action"
        control("POST", "/_sandbox/authenticate", {"payment_intent": asked.id, "outcome": outcome})
        assert api.payment_intents.retrieve(asked.id).status == status


def checkout():
    line = {"price_data": {"currency": "eur", "unit_amount": 2500, "product_data": {"name": "Stalls"}}, "quantity": 2}
    wanted = {"mode": "payment", "success_url": "https://shop.example/", "line_items": [line]}
    session = api.checkout.sessions.create(wanted)
    control("POST", "/_sandbox/pay", {"checkout_session": session.id, "payment_method": "pm_card_visa"})
    done = api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent", "line_items"]})
    assert (done.payment_status, done.payment_intent.amount_received) == ("paid", 5000)
    assert done.line_items.data[0].quantity == 2
    assert api.checkout.sessions.expire(api.checkout.sessions.create(wanted).id).status == "expired"


def customers():
    customer = api.customers.create({"email": "ada@example.com"})
    card = api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    assert pay(card.id, customer=customer.id).status == "succeeded"
    assert api.payment_methods.detach(card.id).customer is None
    assert api.customers.delete(customer.id).deleted
    debit = pay("pm_success_de", payment_method_types=["sepa_debit"])
    assert debit.status == "processing"
    advance(HOUR + 1)
    assert api.payment_intents.retrieve(debit.id).status == "succeeded"


def disputes():
    paid = pay("pm_card_createDispute")
    advance(HOUR + 1)
    dispute = api.disputes.list({"payment_intent": paid.id}).data[0]
    assert dispute.status == "needs_response"
    refund = {"payment_intent": paid.id}
    refused(stripe.InvalidRequestError, lambda: api.refunds.create(refund), code="charge_disputed")
    answer = {"evidence": {"uncategorized_text": "winning_evidence"}}
    assert api.disputes.update(dispute.id, answer).status == "under_review"
    advance(HOUR + 1)
    assert api.disputes.retrieve(dispute.id).status == "won"
    other = pay("pm_card_visa")
    opened = control("POST", "/_sandbox/trigger", {"what": "dispute", "charge": other.id})
    assert api.disputes.close(opened["id"]).status == "lost"
    third = pay("pm_card_visa")
    warning = control("POST", "/_sandbox/trigger", {"what": "fraud_warning", "charge": third.id})
    assert api.radar.early_fraud_warnings.retrieve(warning["id"]).actionable
    assert len(api.radar.early_fraud_warnings.list({"charge": third.latest_charge}).data) == 1


def webhooks():
    got = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()
            got.put((body, self.headers["stripe-signature"]))

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    endpoint = api.webhook_endpoints.create({"url": url, "enabled_events": ["payment_intent.succeeded"]})
    paid = pay("pm_card_visa")
    body, signature = got.get(timeout=PATIENCE)
    event = client().construct_event(body, signature, endpoint.secret)
    assert (event.type, event.data.object.id) == ("payment_intent.succeeded", paid.id)
    try:
        client().construct_event(body + b" ", signature, endpoint.secret)
        raise AssertionError("a changed body was taken")
    except stripe.SignatureVerificationError:
        pass
    assert api.events.retrieve(event.id).id == event.id
    assert api.webhook_endpoints.update(endpoint.id, {"disabled": True}).status == "disabled"
    assert api.webhook_endpoints.delete(endpoint.id).deleted
    server.shutdown()


def connect():
    account = api.accounts.create(
        {
            "type": "custom",
            "country": "DE",
            "business_type": "individual",
            "capabilities": {"transfers": {"requested": True}},
            "business_profile": {"url": "https://venue.example"},
            "individual": {
                "first_name": "Ada",
                "last_name": "Lovelace",
                "email": "ada@example.com",
                "dob": {"day": 1, "month": 2, "year": 1990},
            },
            "tos_acceptance": {"date": 1790000000, "ip": "127.0.0.1"},
        }
    )
    assert account.requirements.currently_due == ["external_account"]
    number = {"object": "bank_account", "country": "DE", "currency": "eur", "account_number": "DE62370400440532013001"}
    api.accounts.external_accounts.create(account.id, {"external_account": number})
    assert api.accounts.retrieve(account.id).payouts_enabled
    addresses = {"refresh_url": "https://shop.example/r", "return_url": "https://shop.example/b"}
    link = api.account_links.create({"account": account.id, "type": "account_onboarding", **addresses})
    assert urllib.request.urlopen(link.url, timeout=PATIENCE).status == 200
    for _ in range(2):
        pay("pm_card_bypassPending")
    advance(HOUR + 1)
    transfer = api.transfers.create({"amount": 2000, "currency": "eur", "destination": account.id})
    assert api.transfers.reversals.create(transfer.id, {"amount": 500}).amount == 500
    options = {"stripe_account": account.id}
    assert api.balance.retrieve(options=options).available[0].amount == 1500
    payout = api.payouts.create({"amount": 1500, "currency": "eur"}, options)
    advance(2 * HOUR + 1)
    assert api.payouts.retrieve(payout.id, options=options).failure_code == "no_account"
    stopped = api.payouts.create({"amount": 100, "currency": "eur"}, options)
    assert api.payouts.cancel(stopped.id, options=options).status == "canceled"
    direct = pay("pm_card_visa", options)
    retrieve = api.payment_intents.retrieve
    refused(stripe.InvalidRequestError, lambda: retrieve(direct.id), code="resource_missing")
    assert retrieve(direct.id, options=options).status == "succeeded"


STEPS = [
    payments,
    errors,
    idempotency,
    faults,
    refunds,
    secure,
    checkout,
    customers,
    disputes,
    webhooks,
    connect,
]

for step in STEPS:
    try:
        step()
        print(f"ok {step.__name__}", flush=True)
    except Exception:
        print(f"FAILED {step.__name__}\n{traceback.format_exc()}", flush=True)
        sys.exit(1)

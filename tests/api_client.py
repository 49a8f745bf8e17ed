#!/usr/bin/env python3
"""Holds the API to its own description, with tools of others.

    python3 tests/api_client.py [BINARY]    (needs: pip install openapi-spec-validator openapi-python-client)

A validator accepts the OpenAPI document, a generator makes a client from it, and that client sends a message, reads consent and
records an opt-out. Exit code 0 when every step went as told, 1 with the step that did not.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

from support import Lost, Server

LEAD = "+12065550142"
IDEMPOTENCY_KEY = "order-7"


def generated(document, folder):
    """The client of the description, as a package that can be imported."""
    (folder / "openapi.json").write_text(json.dumps(document))
    (folder / "config.yml").write_text("post_hooks: []\npackage_name_override: sms_client\n")
    made = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", folder / "openapi.json", "--config",
         folder / "config.yml", "--output-path", folder / "client", "--fail-on-warning"],
        capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Lost(f"no client could be generated: {made.stdout}{made.stderr}")
    sys.path.insert(0, str(folder / "client"))


def story(base, key):
    from sms_client import AuthenticatedClient
    from sms_client.api.contacts import list_contacts, save_contact
    from sms_client.api.messages import get_message, send_message
    from sms_client.api.numbers import get_consent, list_events, record_opt_out
    from sms_client.models import NewContact, SendMessageBody, SendMessageBodyCategory, OptOut, OptOutChannel

    def expect(what, seen, wanted):
        if seen != wanted:
            raise Lost(f"{what}: {seen!r}, not {wanted!r}")
        print(f"  {what}: {seen}")

    client = AuthenticatedClient(base_url=base, token=key, raise_on_unexpected_status=True)
    message = SendMessageBody(to=LEAD, body="Your order is ready.", category=SendMessageBodyCategory.ALERT)
    sent = send_message.sync_detailed(client=client, body=message, idempotency_key=IDEMPOTENCY_KEY)
    again = send_message.sync_detailed(client=client, body=message, idempotency_key=IDEMPOTENCY_KEY)
    expect("a first message is held", (int(sent.status_code), sent.parsed.status.value), (202, "held"))
    expect("the same key sends once", again.parsed.id, sent.parsed.id)
    shown = get_message.sync(client=client, id=sent.parsed.id)
    expect("the message has its program's slug", (shown.program, shown.body), ("default", "Your order is ready."))
    consent = get_consent.sync(client=client, number=LEAD)
    expect("the number is not opted in", (consent.number, consent.can_text_now), (LEAD, False))
    stop = OptOut(channel=OptOutChannel("call"), reason="Called and asked us to stop")
    kept = record_opt_out.sync_detailed(client=client, number=LEAD, body=stop)
    expect("an opt-out is recorded", (int(kept.status_code), kept.parsed.kind.value), (201, "opted_out"))
    expect("the state follows", get_consent.sync(client=client, number=LEAD).state.value, "opted_out")
    blocked = send_message.sync_detailed(client=client, body=message)
    expect("the next message is blocked", (int(blocked.status_code), blocked.parsed.code), (422, "opted_out"))
    expect("the history ends with it", list_events.sync(client=client, number=LEAD)[-1].kind.value, "opted_out")
    saved = save_contact.sync(client=client, body=NewContact(phone=LEAD, name="Dee Dubois", external_id="crm-7"))
    listed = list_contacts.sync(client=client, q="Dubois")
    expect("a contact is saved and listed", [contact.id for contact in listed.data], [saved.id])


def main():
    binary = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/debug/sms-opt-in")
    with tempfile.TemporaryDirectory() as folder:
        server = Server(binary, folder, f"sqlite://{folder}/api.db", "http://127.0.0.1:9")
        command = [binary, "api-key", "create", "--name", "client", "--scope", "messages,contacts,consent"]
        key = subprocess.run(command, env=server.env, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()
        server.start()
        try:
            base = f"http://127.0.0.1:{server.port}"
            with urllib.request.urlopen(f"{base}/api/v1/openapi.json", timeout=10) as answer:
                document = json.load(answer)
            from openapi_spec_validator import validate
            validate(document)
            print(f"  the validator accepts OpenAPI {document['openapi']} with {len(document['paths'])} paths")
            generated(document, pathlib.Path(folder))
            story(base, key)
        finally:
            server.process.kill()
            server.process.wait()
    print("The API keeps its description.")


if __name__ == "__main__":
    try:
        main()
    except Lost as lost:
        sys.exit(f"The API does not keep its description: {lost}")

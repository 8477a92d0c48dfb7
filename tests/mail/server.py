"""A mail server for tests: stores each mail in a folder, wants a sign-in, and offers STARTTLS or speaks TLS from the start.

    python3 tests/mail/server.py --out FOLDER [--security none|starttls|tls] [--user U --password P] [--refuse ADDRESS]

Prints its port and writes its authority to FOLDER/ca.pem. Needs `aiosmtpd` and `trustme` (requirements.txt). Ends with its stdin.
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import os
import ssl
import sys
import threading
import warnings

import trustme
from aiosmtpd.smtp import AuthResult, SMTP


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--security", choices=["none", "starttls", "tls"], default="none")
    parser.add_argument("--user", default=None)
    parser.add_argument("--password", default=None)
    parser.add_argument("--refuse", default=None, help="a recipient that is refused")
    return parser.parse_args()


class Store:
    """Writes mail 0, 1, … as N.eml, and what it says, who sent it to whom and how as N.json."""

    def __init__(self, args):
        self.args, self.count = args, 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == self.args.refuse:
            return "550 5.1.1 there is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        path = os.path.join(self.args.out, str(self.count))
        self.count += 1
        with open(path + ".eml", "wb") as file:
            file.write(envelope.content)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        about = {
            "subject": mail["Subject"],
            "sender": mail["From"],
            "id": mail["Message-ID"],
            "text": mail.get_body(("plain",)).get_content(),
            "files": {part.get_filename(): len(part.get_payload(decode=True)) for part in mail.iter_attachments()},
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "signed_in": bool(session.authenticated),
            "encrypted": self.args.security == "tls" or session.ssl is not None,
        }
        with open(path + ".json.new", "w") as file:
            json.dump(about, file)
        os.rename(path + ".json.new", path + ".json")
        return "250 OK"


def main():
    args = arguments()
    logging.getLogger("mail").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(os.path.join(args.out, "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)

    def authenticate(server, session, envelope, mechanism, data):
        given = (getattr(data, "login", b"").decode(), getattr(data, "password", b"").decode())
        return AuthResult(success=given == (args.user, args.password), handled=False)

    store = Store(args)

    def factory():
        return SMTP(
            store,
            hostname="localhost",
            tls_context=context if args.security == "starttls" else None,
            require_starttls=args.security == "starttls",
            authenticator=authenticate if args.user else None,
            auth_required=bool(args.user),
            auth_require_tls=args.security == "starttls",
        )

    loop = asyncio.new_event_loop()
    encryption = context if args.security == "tls" else None
    server = loop.run_until_complete(loop.create_server(factory, "127.0.0.1", 0, ssl=encryption))
    print(server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    loop.run_forever()


if __name__ == "__main__":
    main()

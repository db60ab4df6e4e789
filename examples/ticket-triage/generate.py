"""Writes data/{train,dev,frozen}.jsonl: short support tickets with one label each.

    python3 generate.py [--check]

Seeded, standard library only. Every text is put together from the phrases below; a text occurs in
one split only, and the phrases marked with `!` in `frozen` alone.
"""

import json
import random
import sys
from pathlib import Path

SEED = 20261121
SIZES = {"train": 160, "dev": 40, "frozen": 60}
OPENINGS = ["Hello,", "Hi team,", "Good morning,", "Please help:", "Quick one:", "!Greetings,", "!To whom it may concern:"]
CLOSINGS = ["Thanks.", "Regards, Kim", "It is urgent.", "No hurry.", "!Cheers, Robin", "!Best, Ada"]
PRODUCTS = ["the mobile app", "the web page", "the desktop client", "the report view", "!the calendar"]
# Some words (card, password, invoice) occur under two labels, so that a keyword alone misleads.
PHRASES = {
    "billing": [
        "I was charged twice this month for {product}",
        "the invoice for March shows the wrong amount",
        "please refund the second payment",
        "my card was debited although I cancelled",
        "why did the price of my plan go up",
        "!the receipt lists a tax I do not owe",
        "!you took the money but the subscription is not active",
    ],
    "bug": [
        "{product} crashes as soon as I open an invoice",
        "an error appears when I press save in {product}",
        "{product} shows a blank page since the update",
        "the export button does nothing",
        "numbers in {product} are rounded the wrong way",
        "!{product} freezes while it loads",
        "!the password field in {product} loses its last letter",
    ],
    "account": [
        "I cannot log in, my password is refused",
        "please change the e-mail address of my profile",
        "delete my data and close everything I have with you",
        "my colleague left, hand the seat over to me",
        "the code for signing in never arrives",
        "!somebody else seems to use my login",
        "!I am locked out after three tries",
    ],
    "how_to": [
        "how do I share a folder from {product}",
        "where can I find last year's invoices in {product}",
        "is there a way to print only one page",
        "which setting makes {product} darker",
        "can I pay by card instead of by transfer",
        "!what is the shortcut for a new note in {product}",
        "!could you explain how filters work in {product}",
    ],
}


def allowed(phrases, split):
    return [p.removeprefix("!") for p in phrases if split == "frozen" or not p.startswith("!")]


def rows(split, count, draws, used):
    labels = list(PHRASES)
    out = []
    while len(out) < count:
        label = labels[len(out) % len(labels)]
        parts = [
            draws.choice(allowed(OPENINGS, split)),
            draws.choice(allowed(PHRASES[label], split)).format(product=draws.choice(allowed(PRODUCTS, split))) + ".",
        ]
        if draws.random() < 0.6:
            parts.append(draws.choice(allowed(CLOSINGS, split)))
        text = " ".join(parts)
        if text in used:
            continue
        used.add(text)
        channel = draws.choice(["mail", "chat"])
        out.append({"id": f"{split}-{len(out) + 1:03}", "channel": channel, "ticket": text, "label": label})
    return out


def main():
    draws, used = random.Random(SEED), set()
    folder = Path(__file__).parent / "data"
    for split, count in SIZES.items():
        text = "".join(json.dumps(row) + "\n" for row in rows(split, count, draws, used))
        path = folder / f"{split}.jsonl"
        if "--check" not in sys.argv:
            path.write_text(text)
        elif path.read_text() != text:
            sys.exit(f"{path} is not what this script writes")


main()

"""The digest of a taxonomy, from its content as JSON on standard input (see `tessera taxonomy show FILE --json`).

    tessera taxonomy show taxonomy/retail-bank.yaml --json | python tools/reference/taxonomy_digest.py
"""
import hashlib
import json
import sys

DEFAULTS = {"group": False, "include": [], "exclude": [], "examples": [], "sensitivity": "ordinary",
            "prohibited_for": [], "replaces": [], "parent": None, "owner": None}


def digest(taxonomy):
    content = {key: taxonomy[key] for key in ("taxonomy", "version", "description")}
    content["intents"] = [{key: value for key, value in intent.items() if DEFAULTS.get(key, ...) != value}
                          for intent in taxonomy["intents"]]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    print(digest(json.load(sys.stdin)))

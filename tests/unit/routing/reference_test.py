"""Whatever ingest accepts, filters read: against Python's `json` and `decimal`.

    reference_test.py PATH_OF_filter_verdicts [seed] [rounds]

Payloads are written by hand, made by chance, and mutated. For each that ingest's check takes,
`equals` must say what comparing Python's decimals says, `not` its opposite and `exists` whether
the member is there. What ingest refuses Python's reader, made strict, must refuse too.
"""

import decimal
import json
import random
import re
import subprocess
import sys
from decimal import Decimal

MAX_DEPTH = 64
decimal.getcontext().Emax = decimal.MAX_EMAX
decimal.getcontext().Emin = decimal.MIN_EMIN

NUMBERS = ("0 -0 -0.0 0e9 1 1.0 10e-1 1E0 100e-2 0.1 0.10 1e-1 0.1000000000000000055511151231257827 "
           "9007199254740992 9007199254740993 9007199254740993.0 12345678901234567890 "
           "12345678901234567891 18446744073709551616 1e400 10e399 -1e400 1e401 1e-400 1e-401 "
           "123456789012345678901234567890 1.23e2 123 12300e-2 0.5 5e-1 -2 -2.0 2e0 1e15 "
           "1000000000000000 1e007 1e+7 1e99999999999999999999 0e99999999999999999999").split()
STRINGS = [r'""', r'"x"', r'"A"', r'"\u0041"', r'"\ud83d\ude00"', '"😀"', r'"1"', r'"true"', r'"null"',
           r'"a\/b"', '"a/b"', r'"\u0000"', r'"\n"', r'"\u000a"', '"é"', r'"\u00e9"', r'"e\u0301"',
           '"\x7f"', r'"\\u0041"', r'"\u2028"', '"\u2028"']
NAMES = [r'"a"', r'"\u0061"', r'"b"', r'"a.b"', r'""', '"é"', r'"\u00e9"', '"e\u0301"', r'"\"a\""']
WORDS = ["true", "false", "null"]
HAND_WRITTEN = [
    '{"location":"K","internal":true,"x":1e400}', '{"a":1,"a":2}', '{"a":{"b":1},"a":{"c":1}}',
    '{"a":1}{"a":2}', '{"a":1,}', "{'a':1}", '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}', '{"a":NaN}',
    '{"a":Infinity}', '{"a":-}', '{"a":"\\ud800"}', '{"a":"\\udc00\\ud800"}', '{"a":"\\uD83D\\u0041"}',
    '{"a":"\t"}', '{"a":"\\x41"}', '{"\\ud800":1}', '{"a":tru}', '{"a"}', '{a:1}', '', ' ', '[1]', '"a"',
    '1', 'null', '{"a":1} ', '\ufeff{"a":1}', '{"a":/**/1}', '{"a":1 // x\n}', '{"a" :\r\n\t 1 }',
    '{"a":0x10}', '{"a":1e}', '{"a":1e+}', '{"a":"\\u00e"}', '{"a":"', '{"a":[1,{"b":2}]}',
    '{"a":' * 64 + "1" + "}" * 64, '{"a":' * 65 + "1" + "}" * 65,
    '{"a":' + "[" * 63 + "]" * 63 + ',"b":1}', '{"a":' + "[" * 64 + "]" * 64 + ',"b":1}',
    '{"b":1,' + ",".join('"k%d":%d' % (i, i) for i in range(500)) + ',"a":7}']


def refuse(text):
    raise ValueError(text)


class Members(list):
    """All members, so that those which a later one hides are checked too."""


def check_all(value, depth=0):
    """Refuses lone surrogates and what ingest's bound of depth refuses."""
    if isinstance(value, Members):
        if depth == MAX_DEPTH:
            refuse("depth")
        for name, child in value:
            name.encode("utf-8")
            check_all(child, depth + 1)
    elif isinstance(value, list):
        if depth == MAX_DEPTH:
            refuse("depth")
        for child in value:
            check_all(child, depth + 1)
    elif isinstance(value, str):
        value.encode("utf-8")
    return plain(value)


def plain(value):
    if isinstance(value, Members):
        return {name: plain(child) for name, child in value}
    return [plain(child) for child in value] if isinstance(value, list) else value


def big_exponent(text):
    e = re.search(r"[eE]([+-]?\d+)$", text)
    return e is not None and abs(int(e.group(1))) > 10 ** 15


def number(text):
    """A Decimal; what no Decimal holds is itself, unequal to all that filters can name."""
    if big_exponent(text):
        mantissa = Decimal(re.split("[eE]", text)[0])
        return Decimal(0) if mantissa == 0 else ("beyond", text)
    return Decimal(text)


def read(text):
    """The payload, or ValueError (of which UnicodeEncodeError and JSONDecodeError are)."""
    if text.strip(" \t\r\n") != text.strip():
        refuse("white space that is none of JSON's")
    return check_all(json.loads(
        text, parse_float=number, parse_int=number, parse_constant=refuse, object_pairs_hook=Members))


def find(value, path):
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return False, None
        value = value[name]
    return True, value


def same(a, b):
    return type(a) is type(b) and a == b


def random_value(chance, depth):
    kind = chance.randrange(8 if depth < 5 else 5)
    if kind == 0:
        return chance.choice(WORDS)
    if kind in (1, 2):
        return chance.choice(NUMBERS)
    if kind in (3, 4):
        return chance.choice(STRINGS)
    if kind == 5:
        return "[" + ",".join(random_value(chance, depth + 1) for _ in range(chance.randrange(4))) + "]"
    space = chance.choice(["", "", " ", "\n"])
    return "{" + space + ",".join(
        chance.choice(NAMES) + space + ":" + space + random_value(chance, depth + 1)
        for _ in range(chance.randrange(1, 25 if chance.randrange(6) == 0 else 5))) + space + "}"


def random_object(chance):
    return '{"a":%s,%s:%s,"z":%s}' % (random_value(chance, 1), chance.choice(NAMES),
                                      random_value(chance, 1), random_value(chance, 1))


def mutated(chance, text):
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(text) + 1)
        kind = chance.randrange(3)
        if kind == 0:
            text = text[:at] + text[at + 1:]
        elif kind == 1:
            text = text[:at] + chance.choice('{}[]",:\\ue-+.0123456789tfn \t\n\u00a0\x00') + text[at:]
        else:
            other = chance.choice(NUMBERS + STRINGS + NAMES + WORDS)
            text = text[:at] + other + text[at:]
    return text


def random_path(chance):
    names = [json.loads(name) for name in NAMES]
    return ["a"] if chance.randrange(2) else [chance.choice(names) for _ in range(chance.randrange(1, 4))]


def values():
    return [n for n in NUMBERS if not big_exponent(n)] + STRINGS + ["true", "false"]


def cases(seed, rounds):
    chance = random.Random(seed)
    for payload in HAND_WRITTEN:
        for path in (["a"], ["a", "b"], ["b"], ["a"] * 64, ["internal"], ["location"]):
            for value in ("1", "2", "true", '"K"', '"A"', "7"):
                yield payload, value, path
    for a in NUMBERS + STRINGS + WORDS:
        for b in values():
            yield '{"a":%s}' % a, b, ["a"]
    for _ in range(rounds):
        payload = random_object(chance)
        if chance.randrange(3) == 0:
            payload = mutated(chance, payload)
        yield payload, chance.choice(values()), random_path(chance)


def field(text):
    return "x" + text.encode("utf-8").hex()


def expected(payload, value, path):
    try:
        there, member = find(read(payload), path)
    except (ValueError, RecursionError):
        return "refused"
    wanted = json.loads(value, parse_float=number, parse_int=number)
    holds = there and same(member, wanted)
    return "%d %d %d" % (holds, not holds, there)


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 6000
    table = list(cases(seed, rounds))
    lines = "".join("\t".join([field(p), field(v)] + [field(n) for n in path]) + "\n" for p, v, path in table)
    done = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True, timeout=500)
    verdicts = done.stdout.splitlines()
    assert len(verdicts) == len(table), (len(verdicts), len(table))
    counts = {}
    wrong = 0
    for case, verdict in zip(table, verdicts):
        counts[verdict] = counts.get(verdict, 0) + 1
        if verdict != expected(*case):
            wrong += 1
            if wrong <= 10:
                print("%r: %s, but the reference says %s" % (case, verdict, expected(*case)))
    print("seed %d: %d cases, %s" % (seed, len(table), counts))
    assert wrong == 0, "%d verdicts differ" % wrong
    for verdict in ("refused", "1 0 1", "0 1 1", "0 1 0"):
        assert counts.get(verdict, 0) > 100, verdict  # it compared something


if __name__ == "__main__":
    main()

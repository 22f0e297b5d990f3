"""The guard's verdict on many addresses, against a reference made with Python's `ipaddress`.

    reference_test.py PATH_OF_guard_verdicts [seed]

The reference is containment in the listed networks, and `ipaddress` takes apart what carries an
IPv4 address. (`is_private` and `is_global` are not it: they differ between Python's versions. But
what they call not global must be refused, too.)
"""

import random
import subprocess
import sys
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

V4_SPECIAL = [ip_network(n) for n in (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
    "192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 "
    "198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 168.63.129.16/32").split()]
V6_PUBLIC = ip_network("2000::/3")
V6_SPECIAL = [ip_network(n) for n in "2001::/23 2001:db8::/32 2002::/16 3fff::/20".split()]
NAT64 = ip_network("64:ff9b::/96")
LOCAL_NAT64 = ip_network("64:ff9b:1::/48")
CARRYING = [ip_network(n) for n in (
    "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]
ROUNDS = 500


def carried(address, allowed):
    if address.version == 4:
        return []
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address in NAT64:
        return [IPv4Address(address.packed[12:])]
    if address in LOCAL_NAT64:
        octets = {48: (6, 7, 9, 10), 56: (7, 9, 10, 11), 64: (9, 10, 11, 12)}
        return [IPv4Address(bytes(address.packed[i]
                                  for i in octets.get(network.prefixlen, (12, 13, 14, 15))))
                for network in allowed if address in network]
    if address.sixtofour:
        return [address.sixtofour]
    if address.teredo:
        return list(address.teredo)
    return []


def passes(address, allowed):
    if address.version == 4:
        special = any(address in network for network in V4_SPECIAL)
    else:
        special = address not in V6_PUBLIC or any(address in network for network in V6_SPECIAL)
    if special and not any(address in network for network in allowed):
        return False
    return all(passes(inner, allowed) for inner in carried(address, allowed))


def edges(network):
    """The first and the last address, and those next to them."""
    limit = 2 ** network.max_prefixlen - 1
    first, last = int(network[0]), int(network[-1])
    kind = IPv4Address if network.version == 4 else IPv6Address
    return [kind(n) for n in (first - 1, first, first + 1, last - 1, last, last + 1)
            if 0 <= n <= limit]


def within(network, chance):
    kind = IPv4Address if network.version == 4 else IPv6Address
    return kind(int(network[0]) + chance.randrange(network.num_addresses))


def carriers(inner, chance):
    """IPv6 addresses that carry `inner`, in every way."""
    n, junk = int(inner), chance.getrandbits(80)
    yield IPv6Address(0xffff << 32 | n)
    yield IPv6Address(int(NAT64[0]) | n)
    yield IPv6Address(0x2002 << 112 | n << 80 | junk)
    yield IPv6Address(0x20010000 << 96 | n << 64 | junk & 0xffffffffffffffff)
    public = 0x08080808
    yield IPv6Address(0x20010000 << 96 | public << 64 | n ^ 0xffffffff)
    for prefix in (48, 56, 64, 96):
        packed = bytearray(LOCAL_NAT64[0].packed)
        for i in range(6, 16):
            packed[i] = chance.randrange(256)
        at = prefix // 8
        for octet in inner.packed:
            at += at == 8
            packed[at] = octet
            at += 1
        yield IPv6Address(bytes(packed))


def samples(chance):
    networks = V4_SPECIAL + V6_SPECIAL + CARRYING + [V6_PUBLIC] + [ip_network(n) for n in (
        "::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "100::/64",
        "5f00::/16", "2001:2::/48", "2001:10::/28", "2001:20::/28", "::/96")]
    for network in networks:
        yield from edges(network)
        for _ in range(60):
            yield within(network, chance)
    for network in V4_SPECIAL:
        for inner in edges(network) + [within(network, chance)]:
            yield from carriers(inner, chance)
    for _ in range(ROUNDS):
        yield IPv4Address(chance.getrandbits(32))
        yield IPv6Address(chance.getrandbits(128))
        yield within(V6_PUBLIC, chance)
        yield from carriers(IPv4Address(chance.getrandbits(32)), chance)


def check(program, addresses, allowed):
    done = subprocess.run([program, *allowed], input="".join(f"{a}\n" for a in addresses),
                          capture_output=True, text=True, check=True, timeout=500)
    verdicts = done.stdout.splitlines()
    assert len(verdicts) == len(addresses), f"{len(verdicts)} answers for {len(addresses)}"
    networks = [ip_network(n) for n in allowed]
    refused = 0
    for address, verdict in zip(addresses, verdicts):
        expected = passes(address, networks)
        refused += not expected
        assert (verdict == "ok") == expected and verdict != "bad", \
            f"{address} with {allowed}: '{verdict}', the reference says {expected}"
        if not allowed and not address.is_global and not address.is_multicast:
            assert verdict != "ok", f"{address} is not global"
    assert 0 < refused < len(addresses), f"{refused} refused with {allowed}: nothing is told apart"
    return refused


def main():
    program = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20261121
    addresses = list(samples(random.Random(seed)))
    assert len(addresses) > 5_000
    for text in ("::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::", "10.0.0.1"):
        assert not passes(ip_address(text), []), text
    for allowed in ([], ["10.0.0.0/8"], ["::ffff:0:0/96"], ["64:ff9b::/96"], ["64:ff9b:1::/48"],
                    ["64:ff9b:1::/48", "64:ff9b:1::/56", "64:ff9b:1::/64", "64:ff9b:1::/96"],
                    ["2002::/16", "2001::/32"], ["2002::/16", "127.0.0.0/8"], ["::/0"],
                    ["::/0", "10.0.0.0/8", "169.254.169.254/32"], ["0.0.0.0/0"]):
        print(f"{len(addresses)} addresses, allowed {allowed}: "
              f"{check(program, addresses, allowed)} refused (seed {seed})")


if __name__ == "__main__":
    main()
